/** The real ngrok library on the stand-in service: what passes, and that it comes back from whatever networks and the service do. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { request } from '../../../src/client/http.js';
import type { Fault, Phase } from '../../support/ngrok-service/ngrok-service.js';
import { createNgrokRig, type NgrokRig, QUICK } from '../../support/ngrok-tunnel.js';

const PATIENT = { timeout: 60_000, interval: 50 };
const MEGABYTE = 1024 * 1024;
const PHASES: Phase[] = ['connected', 'auth', 'bind', 'proxy'];
const FAULTS: Fault[] = ['rst', 'fin', 'goaway', 'hole'];

const createRig = (account?: Parameters<typeof createNgrokRig>[1]) => createNgrokRig(onTestFinished, account);
const kindsOf = ({ heard }: NgrokRig) => heard.map(([kind]) => kind);
const reasonsOf = ({ heard }: NgrokRig) => heard.flatMap(([kind, reason]) => (kind === 'down' ? [reason] : []));

async function openSocket(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  onTestFinished(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

async function echo(ws: WebSocket, data: string | Buffer): Promise<Buffer> {
  ws.send(data);
  const [answer] = (await once(ws, 'message')) as [Buffer];
  return answer;
}

describe('what passes', () => {
  it('a request, with who asked in its headers', async () => {
    const rig = await createRig();
    const { url } = await rig.open().start();
    const answer = await request(url, { method: 'POST', body: 'a lake' });
    expect(await answer.text()).toBe('a lake');
    expect(JSON.parse(answer.headers.get('x-heard') ?? '')).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': new URL(url).host,
    });
  });

  it('20 MB, over HTTP and over a WebSocket', async () => {
    const rig = await createRig();
    const { url } = await rig.open().start();
    const large = randomBytes(20 * MEGABYTE);
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const answer = await request(url, { method: 'POST', body: large });
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(large));
    const ws = await openSocket(url);
    expect(String(await echo(ws, 'a lake'))).toBe('a lake');
    expect(sha256(await echo(ws, large))).toBe(sha256(large));
    expect(rig.heard).toEqual([['up', url]]);
  });

  it('a domain of the account, and no other host', async () => {
    const rig = await createRig({ domains: ['lamp.example'] });
    expect(await rig.open({ domain: 'lamp.example' }).start()).toEqual({ url: 'https://lamp.example' });
    const statusFor = async (host: string) => {
      const asked = httpRequest(rig.service.url, { headers: { host } }).end();
      const [answer] = await once(asked, 'response');
      answer.resume();
      return [answer.statusCode, answer.headers['ngrok-error-code']];
    };
    expect(await statusFor('lamp.example')).toEqual([200, undefined]);
    expect(await statusFor('other.example')).toEqual([404, 'ERR_NGROK_3200']);
  });

  it('our client passes the page for browsers, which others get', async () => {
    const rig = await createRig();
    const { url } = await rig.open().start();
    const browser = { 'user-agent': 'Mozilla/5.0' };
    await expect(request(url, { headers: browser })).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /6024/ });
    const { ok } = await request(url, { headers: { ...browser, 'ngrok-skip-browser-warning': '1' } });
    expect(ok).toBe(true);
  });
});

describe('what a client is told', () => {
  it('where nobody is, where the server is down, and where the quota is used up', async () => {
    const rig = await createRig();
    const { url } = rig.service;
    await expect(request(url, {})).rejects.toMatchObject({ code: 'CONNECTION_FAILED', message: /3200/ });
    await rig.open().start();
    rig.upstream.close();
    rig.upstream.closeAllConnections();
    await expect(request(url, {})).rejects.toMatchObject({ code: 'CONNECTION_FAILED', message: /BACKEND_DOWN/ });
    rig.service.refusal = { status: 402, code: 'ERR_NGROK_725' };
    await expect(request(url, {})).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /725/ });
  });
});

describe('a session that is lost', () => {
  // At the same time: most of it is waiting.
  const cases = PHASES.flatMap((phase) => FAULTS.map((fault) => ({ phase, fault })));
  test.concurrent.for(cases)('$fault at $phase', { timeout: 120_000 }, async ({ phase, fault }, context) => {
    const rig = await createNgrokRig(context.onTestFinished);
    rig.service.faultAt(phase, fault);
    rig.open();
    await rig.served();
    const { heard, service } = rig;
    context.expect(kindsOf(rig)).toContain('down');
    context.expect(heard.at(-1)).toEqual(['up', service.url]);
    context.expect(service.hosts).toEqual([service.account.devDomain]);
  });

  it('while a WebSocket is open ends that one, and the address stays', async () => {
    const rig = await createRig();
    const { url } = await rig.open().start();
    const ws = await openSocket(url);
    ws.on('error', () => {});
    rig.service.strike('rst');
    await once(ws, 'close');
    await rig.served();
    expect(rig.heard.at(-1)).toEqual(['up', url]);
    expect(rig.service.sessions.length).toBe(1);
  });

  it('for a while: it is tried until the service is there again', async () => {
    const rig = await createRig();
    await rig.open().start();
    rig.service.door.mode = 'refused';
    rig.service.strike('rst');
    await vi.waitFor(() => expect(kindsOf(rig).filter((kind) => kind === 'down').length).toBeGreaterThan(2), PATIENT);
    rig.service.door.mode = 'open';
    await rig.served();
    expect(reasonsOf(rig).at(-1)).toMatch(/NO_WAY_OUT/);
  });

  it('to a service that takes connections and says nothing', async () => {
    const rig = await createRig();
    await rig.open({ timing: { ...QUICK, startMs: 1500 } }).start();
    rig.service.door.mode = 'mute';
    rig.service.strike('rst');
    await vi.waitFor(() => expect(reasonsOf(rig)).toContain('it did not come up within 1.5 s'), PATIENT);
    rig.service.door.mode = 'open';
    await rig.served();
  });

  it('because 512 streams are too many comes back', async () => {
    const rig = await createRig();
    await rig.open().start();
    const sockets = Array.from({ length: 530 }, () => {
      const ws = new WebSocket(rig.service.url.replace('http', 'ws'));
      return ws.on('error', () => {});
    });
    onTestFinished(() => {
      for (const ws of sockets) ws.terminate();
    });
    await vi.waitFor(() => expect(rig.service.logins).toBeGreaterThan(1), PATIENT);
    await rig.served();
  });

  it('because somebody stopped it from the dashboard', async () => {
    const rig = await createRig();
    await rig.open().start();
    const before = rig.service.logins;
    rig.service.stopTunnels('stopped from the dashboard', 'ERR_NGROK_1');
    await vi.waitFor(() => expect(rig.service.logins).toBeGreaterThan(before), PATIENT);
    await rig.served();
    expect(reasonsOf(rig).at(-1)).toMatch(/ERR_NGROK_1\b/);
  });
});

describe('a refusal', () => {
  it.each([
    ['no authtoken', '', 'ERR_NGROK_4018'],
    ['none of ngrok’s', 'hush-hush', 'ERR_NGROK_105'],
    ['one that is not valid', '2otherTokenOfNobody_0123456789abcdef', 'ERR_NGROK_107'],
  ])('for good: %s', async (_, authtoken, code) => {
    const rig = await createRig();
    const refused = rig.open({ authtoken }).start();
    await expect(refused).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /your-authtoken/ });
    expect(rig.heard).toEqual([['fatal', code, expect.stringContaining(code)]]);
    if (authtoken !== '') expect(JSON.stringify(rig.heard)).not.toContain(authtoken);
  });

  it('for good: the token is revoked while the tunnel is up', async () => {
    const rig = await createRig();
    await rig.open().start();
    rig.service.account.authtoken = '2newTokenOfTheAccount_0123456789abcdef';
    rig.service.strike('rst');
    await vi.waitFor(() => expect(kindsOf(rig)).toContain('fatal'), PATIENT);
    expect(kindsOf(rig)).toEqual(['up', 'down', 'fatal']);
    expect(rig.service.logins).toBe(1);
  });

  it('for good: a domain of somebody else, and a quota', async () => {
    const rig = await createRig();
    const refused = rig.open({ domain: 'lamp.example' }).start();
    await expect(refused).rejects.toMatchObject({ message: /leave --domain out.*ERR_NGROK_320/ });
    await rig.open().start();
    rig.service.stopTunnels('the bandwidth of the month is used up', 'ERR_NGROK_725');
    await vi.waitFor(() => expect(rig.heard.at(-1)).toMatchObject(['fatal', 'ERR_NGROK_725', /bytes/]), PATIENT);
  });

  it('for now: too many agents, until one is stopped', async () => {
    const rig = await createRig({ maxSessions: 0 });
    rig.open({ timing: { ...QUICK, slowRetryMs: 300 } });
    await vi.waitFor(
      () => expect(rig.heard).toContainEqual(['down', expect.stringMatching(/dashboard.*108/), 300]),
      PATIENT,
    );
    rig.service.account.maxSessions = 1;
    await rig.served();
  });

  it('for now: the address is taken, until the other one is stopped', async () => {
    const rig = await createRig();
    const other = rig.open();
    await other.start();
    const own = rig.open({ timing: { ...QUICK, takenMs: 1000, slowRetryMs: 300 } }).start();
    await vi.waitFor(() => expect(rig.heard).toContainEqual(['down', expect.stringMatching(/334/), 300]), PATIENT);
    await other.stop();
    expect(await own).toEqual({ url: rig.service.url });
    await rig.served();
  });

  it('for now: a service that is not the one we trust', async () => {
    const rig = await createRig();
    rig.open({ caFile: undefined });
    await vi.waitFor(() => expect(reasonsOf(rig)[0]).toMatch(/--tunnel-ca.*TLS_REFUSED/), PATIENT);
  });
});

it('when it is stopped, its session is gone at once', async () => {
  const rig = await createRig();
  const tunnel = rig.open();
  await tunnel.start();
  await tunnel.stop();
  await vi.waitFor(() => expect(rig.service.sessions).toEqual([]), PATIENT);
  expect(kindsOf(rig)).toEqual(['up']);
});
