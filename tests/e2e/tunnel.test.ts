/** `safelight serve --tunnel` whole: the real command, the real ngrok library, a stand-in of its service, and the real client through it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ClientEvent, connect } from '../../src/client/client.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { type Fault, type NgrokService, startNgrokService } from '../support/ngrok-service/ngrok-service.js';
import {
  enginePid,
  runSafelight,
  type ServeProcess,
  startSafelight,
  startServe,
  tunnelPid,
} from '../support/run-safelight.js';

const PATIENT = { timeout: 60_000, interval: 50 };
const AWAY_MS = 1500;
const params: GenerationRequest = { prompt: 'a lake at night', seed: 42, steps: 20, width: 256, height: 256 };

let dataDir: string;
let service: NgrokService;
let server: ServeProcess;
let engine: number;
let whole: Buffer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  service = await startNgrokService();
  server = await serveThrough(service);
  whole = (await makePicture(server.url)).picture;
  engine = enginePid(server);
});
afterAll(async () => {
  await server.stop();
  await service.close();
  await rm(dataDir, { recursive: true });
});

/** Resolves when the tunnel was up for the first time. */
async function serveThrough({ ingress, caFile, account }: NgrokService, env: Record<string, string> = {}) {
  const args = ['--data-dir', dataDir, '--tunnel', '--tunnel-server', ingress, '--tunnel-ca', caFile];
  const started = await startServe(args, { NGROK_AUTHTOKEN: account.authtoken, ...env });
  await vi.waitFor(() => expect(started.output.join()).toContain('#token='), PATIENT);
  return started;
}

interface Made {
  picture: Buffer;
  events: ClientEvent[];
  /** Why the link was lost, each time. */
  losses: string[];
}

/** @param act at the third step */
async function makePicture(url: string, act?: () => unknown): Promise<Made> {
  const made: Made = { picture: Buffer.alloc(0), events: [], losses: [] };
  const client = await connect({
    url,
    token: server.token,
    onLink: (link) => link.state === 'down' && made.losses.push(link.reason ?? ''),
  });
  try {
    for await (const event of client.generate(params, { jobId: randomUUID() })) {
      made.events.push(event);
      if (event.type === 'progress' && event.step >= 3) {
        await act?.();
        act = undefined;
      }
      if (event.type === 'image') made.picture = Buffer.from(await client.download(event));
    }
  } finally {
    await client.close();
  }
  return made;
}

async function served(): Promise<void> {
  const healthz = () => fetch(`${service.url}/healthz`, { signal: AbortSignal.timeout(2000) });
  await vi.waitFor(async () => expect((await healthz()).status).toBe(200), PATIENT);
}

function expectWhole({ picture, events, losses }: Made): void {
  expect(losses.length).toBeGreaterThan(0);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.at(-1)?.type).toBe('completed');
  expect(picture.equals(whole)).toBe(true);
}

describe('a server with a tunnel', () => {
  test('prints the line to paste once, and not on its local line', () => {
    const lines = server.output.filter((line) => line.includes('#token='));
    const line = `${service.url}/#token=${server.token}`;
    expect(lines).toEqual([`    ${line}`, `    npm start -- --api-url "${line}"`]);
    expect(server.output[0]).toMatch(/^safelight is listening on http:\/\/127\.0\.0\.1:\d+ and waits for its tunnel$/);
  });

  test('lets in who has the token, under the public name', async () => {
    const ask = (authorization?: string) =>
      fetch(`${service.url}/capabilities`, { headers: authorization === undefined ? {} : { authorization } });
    expect((await ask(`Bearer ${server.token}`)).status).toBe(200);
    expect((await ask()).status).toBe(401);
    await expect(connect({ url: service.url, token: 'wrong' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('makes a picture through it', async () => {
    const { picture, losses } = await makePicture(service.url);
    expect(picture.equals(whole)).toBe(true);
    expect(losses).toEqual([]);
  });

  test('does not lose its session to 600 callers', async () => {
    const { logins } = service;
    const { hostname, port } = new URL(service.url);
    const callers = Array.from({ length: 600 }, () =>
      connectTcp(Number(port), hostname)
        .on('error', () => {})
        .resume()
        .setNoDelay(),
    );
    onTestFinished(() => {
      for (const caller of callers) caller.destroy();
    });
    for (const caller of callers)
      caller.write('POST /generate HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{');
    await sleep(AWAY_MS);
    await served();
    expect(service.logins).toBe(logins);
  });
});

describe('in the middle of a job', () => {
  test.each<Fault>(['rst', 'fin', 'goaway'])('the session is lost (%s): the picture is the same', async (fault) => {
    expectWhole(await makePicture(service.url, () => service.strike(fault)));
  });

  test('the service is away for a while', async () => {
    const made = await makePicture(service.url, async () => {
      service.door.mode = 'refused';
      service.strike('rst');
      await sleep(AWAY_MS);
      service.door.mode = 'open';
    });
    expectWhole(made);
  });

  test('the tunnel’s process is killed', async () => {
    const before = tunnelPid(server);
    expectWhole(await makePicture(service.url, () => process.kill(before, 'SIGKILL')));
    expect(tunnelPid(server)).not.toBe(before);
  });

  test('the quota of the account is used up: the client is told, and the job goes on', async () => {
    onTestFinished(() => {
      service.refusal = undefined;
    });
    const made = makePicture(service.url, () => {
      service.refusal = { status: 402, code: 'ERR_NGROK_725' };
      service.strike('rst');
    });
    await expect(made).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /725/ });
  });
});

test('none of it touched the engine, or said a secret', async () => {
  await served();
  expect(enginePid(server)).toBe(engine);
  expect(server.log.filter((line) => line.includes('tunnel is down')).length).toBeGreaterThan(0);
  expect(server.log.join('\n')).not.toContain(server.token);
  expect(server.log.join('\n')).not.toContain(service.account.authtoken);
});

describe('the end', () => {
  test('the server goes on when its authtoken is revoked, and says what to do', async () => {
    const own = await startNgrokService();
    onTestFinished(() => own.close());
    const started = await serveThrough(own);
    onTestFinished(() => void started.stop());
    const [{ authtoken }, before] = [own.account, enginePid(started)];
    own.account.authtoken = '2newTokenOfTheAccount_0123456789abcdef';
    own.strike('rst');
    await vi.waitFor(() => expect(started.log.at(-1)).toMatch(/tunnel is refused/), PATIENT);
    expect(JSON.parse(started.log.at(-1) ?? '')).toMatchObject({
      code: 'ERR_NGROK_107',
      reason: expect.stringMatching(/your-authtoken/),
    });
    expect(started.log.join('\n')).not.toContain(authtoken);
    expect(tunnelPid(started)).toBeNaN();
    expect(enginePid(started)).toBe(before);
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
  });

  test('SIGTERM: clients hear goodbye through the tunnel, then its session is gone', async () => {
    const own = await startNgrokService();
    onTestFinished(() => own.close());
    const started = await serveThrough(own);
    const losses: string[] = [];
    const client = await connect({
      url: own.url,
      token: started.token,
      onLink: (link) => link.state === 'down' && losses.push(link.reason ?? ''),
    });
    onTestFinished(() => client.close());
    expect(await started.stop()).toBe(0);
    await vi.waitFor(() => expect(own.sessions).toEqual([]), PATIENT);
    expect(losses[0]).toMatch(/the server is stopping/);
  });

  test('SIGKILL: the tunnel’s process ends by itself', async () => {
    const own = await startNgrokService();
    onTestFinished(() => own.close());
    const started = await serveThrough(own);
    process.kill(started.pid, 'SIGKILL');
    await started.ended;
    await vi.waitFor(() => expect(own.sessions).toEqual([]), PATIENT);
  });
});

describe('a server that cannot become public', () => {
  const serve = (args: string[], env: Record<string, string> = {}) =>
    runSafelight(['serve', '--port', '0', '--data-dir', dataDir, ...args], env);

  test('ends with what to do when its authtoken is refused', async () => {
    const args = ['--tunnel', 'ngrok', '--tunnel-server', service.ingress, '--tunnel-ca', service.caFile];
    const { code, stdout, stderr } = await serve(args, { NGROK_AUTHTOKEN: 'hush-hush' });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^safelight: .*your-authtoken.*ERR_NGROK_105/m);
    expect(stdout + stderr).not.toMatch(/hush-hush|#token=|\n +at /);
  });

  test.each([
    ['no authtoken', ['--tunnel'], 3, /NGROK_AUTHTOKEN/],
    ['another service', ['--tunnel', 'pigeons'], 2, /ngrok, cloudflared/],
    ['two ways at once', ['--tunnel', '--url', 'https://lamp.example'], 2, /cannot be used with/],
    ['a URL that is none', ['--url', 'lamp.example'], 2, /--url: must look like https:\/\/host/],
    ['options of another tunnel', ['--tunnel', 'cloudflared', '--domain', 'a.b'], 2, /--domain: is for --tunnel ngrok/],
    ['an ingress without a port', ['--tunnel', '--ngrok-token', 'x', '--tunnel-server', 'a'], 2, /host:port/],
    ['a CA that is not there', ['--tunnel', '--ngrok-token', 'x', '--tunnel-ca', '/nowhere'], 2, /cannot be read/],
    [
      'a domain with a scheme',
      ['--tunnel', '--ngrok-token', 'x', '--domain', 'https://a.b'],
      2,
      /--domain: must be a name/,
    ],
  ])('%s', async (_, args, code, words) => {
    const finished = await serve(args);
    expect(finished.stderr).toMatch(words);
    expect(finished.stderr).not.toMatch(/\n +at /);
    expect(finished.code).toBe(code);
    expect(finished.stdout).toBe('');
  });
});

describe('other ways', () => {
  test('--url only says the address, with a token that is made', async () => {
    const child = startSafelight(['serve', '--port', '0', '--data-dir', dataDir, '--url', 'https://lamp.example/']);
    let output = '';
    child.stdout.on('data', (text) => {
      output += String(text);
    });
    onTestFinished(() => void child.kill('SIGTERM'));
    const line = / {4}https:\/\/lamp\.example\/#token=([\w-]{32})\n/;
    await vi.waitFor(() => expect(output).toMatch(line), PATIENT);
    const [url = ''] = /http:\/\/127\S+/.exec(output) ?? [];
    const [, token] = line.exec(output) ?? [];
    expect((await fetch(`${url}/capabilities`)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/capabilities`, { headers })).status).toBe(200);
  });

  test('--tunnel cloudflared', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safelight-cloudflared-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await symlink(resolve(import.meta.dirname, '../support/fake-cloudflared.mjs'), join(folder, 'cloudflared'));
    const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    const started = await startServe(['--data-dir', dataDir, '--tunnel', 'cloudflared'], { PATH });
    const banner = /https:\/\/quiet-lamp-\d+\.trycloudflare\.com\/#token=/;
    await vi.waitFor(() => expect(started.output.join()).toMatch(banner), PATIENT);
    expect(await started.stop()).toBe(0);
  });
});
