/** The whole server on a real loopback port, with an engine that needs no model. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerOptions, startServer } from '../../src/server/server.js';
import { createFakeEngine, fakeBytes } from '../support/fake-engine.js';
import { openRaw, requestHead, statusOf } from '../support/raw-connection.js';
import { createTestLog, makeDataDir } from '../support/server-rig.js';

const modelDir = fileURLToPath(new URL('../../models/tiny', import.meta.url));

async function start(options: Partial<ServerOptions> = {}, steps = 0) {
  const engine = createFakeEngine(steps);
  const lines: string[] = [];
  const dataDir = await makeDataDir();
  const server = await startServer({
    ...{ host: '127.0.0.1', port: 0, modelDirs: [modelDir], device: 'cpu', dataDir },
    log: createTestLog(lines),
    createEngine: () => engine,
    ...options,
  });
  onTestFinished(() => server.close());
  return { server, engine, lines };
}

function openSocket(url: string, headers: Record<string, string> = {}) {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'safelight.v1', { headers, perMessageDeflate: false });
  onTestFinished(() => ws.terminate());
  const messages: Record<string, unknown>[] = [];
  ws.on('message', (data, isBinary) => {
    if (!isBinary) messages.push(JSON.parse(String(data)));
  });
  ws.on('error', () => {}); // a refused upgrade; 'unexpected-response' or 'close' tell more
  return { ws, messages };
}

async function greet(url: string, headers: Record<string, string> = {}) {
  const { ws, messages } = openSocket(url, headers);
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'hello', protocol: 1, clientId: 'test' }));
  await vi.waitFor(() => expect(messages[0]).toMatchObject({ type: 'welcome' }));
  return { ws, messages };
}

async function refusedUpgrade(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const { ws } = openSocket(url, headers);
  const [, response] = await once(ws, 'unexpected-response');
  return response.statusCode;
}

describe('HTTP', () => {
  it('answers /generate as curl -d sends it, and /healthz meanwhile', async () => {
    const { server, engine } = await start();
    const answer = fetch(`${server.url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '{"prompt":"a lake","params":{"steps":8,"width":256,"height":256}}',
    });
    await vi.waitFor(() => expect(engine.runs.length).toBe(1));
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ ok: true });
    engine.allow(8);
    const [jobId] = engine.runs;
    const image = Buffer.from(fakeBytes(jobId, 0)).toString('base64');
    expect(await (await answer).json()).toMatchObject({ image_base64: image, seed: expect.any(Number) });
  });

  it('cancels the job of a caller who hangs up', async () => {
    const { server, engine } = await start();
    const caller = new AbortController();
    const answer = fetch(`${server.url}/generate`, { method: 'POST', body: '{"prompt":"x"}', signal: caller.signal });
    await vi.waitFor(() => expect(engine.runs.length).toBe(1));
    caller.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(async () => {
      expect(await (await fetch(`${server.url}/jobs`)).json()).toMatchObject({ jobs: [{ state: 'cancelled' }] });
    });
  });

  it.each([
    ['10 MB of prompt', 10, 400, 'INVALID_PARAMS'],
    ['more than any request may have', 41, 413, 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s and lives on', async (_, megabytes, status, code) => {
    const { server } = await start();
    const body = JSON.stringify({ prompt: 'x'.repeat(megabytes * 2 ** 20) });
    const response = await fetch(`${server.url}/generate`, { method: 'POST', body });
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code]).toEqual([status, code]);
    expect(text.length).toBeLessThan(1000);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('refuses an address that no Request can hold', async () => {
    const { server } = await start();
    const head = requestHead('POST http://me:secret@127.0.0.1/generate', { 'content-length': 2 });
    const raw = await openRaw(server.port, `${head}{}`);
    onTestFinished(raw.cut);
    await raw.until((received) => received.includes('}}'));
    expect(statusOf(raw.received)).toBe(400);
    expect(String(raw.received)).toContain('BAD_MESSAGE');
  });

  it('is not hurt by bytes that are no HTTP', async () => {
    const { server } = await start();
    const stream = connect(server.port, '127.0.0.1');
    stream.resume().on('error', () => {});
    stream.end(Buffer.from([0, 1, 2, 3, 255, 13, 10, 13, 10]));
    await once(stream, 'close');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('the WebSocket', () => {
  it('makes a picture, and HTTP hands it out', async () => {
    const { server } = await start({ token: 'secret' }, 2);
    const headers = { authorization: 'Bearer secret' };
    const { ws, messages } = await greet(server.url, headers);
    expect(ws.protocol).toBe('safelight.v1');
    expect(messages[0]).toMatchObject({
      server: expect.stringMatching(/^safelight\/\d/),
      capabilities: { queueLength: 0 },
    });
    const jobId = randomUUID();
    ws.send(JSON.stringify({ type: 'submit', jobId, params: { prompt: 'a lake', steps: 2 } }));
    await vi.waitFor(() => expect(messages.at(-1)?.type).toBe('completed'));
    const image = messages.find(({ type }) => type === 'image');
    const response = await fetch(`${server.url}${image?.href}`, { headers });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(fakeBytes(jobId, 0)));
  });

  it('is refused before the upgrade without the token, to web pages, and on other paths', async () => {
    const { server } = await start({ token: 'secret' });
    const authorization = 'Bearer secret';
    expect(await refusedUpgrade(server.url)).toBe(401);
    expect(await refusedUpgrade(server.url, { authorization: 'Bearer wrong' })).toBe(401);
    expect(await refusedUpgrade(server.url, { authorization, origin: 'https://evil.example' })).toBe(403);
    expect(await refusedUpgrade(`${server.url}/other`, { authorization })).toBe(404);
  });

  it('lets go of who was refused, though they do not hang up', async () => {
    const { server } = await start({ token: 'secret' });
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const raw = await openRaw(server.port, requestHead('GET /ws', upgrade));
    expect(statusOf(await raw.closed)).toBe(401);
    // Their half is still open: only a server that let go of the connection answers with a reset.
    await vi.waitFor(
      () => {
        raw.send('x');
        expect(raw.socket.destroyed).toBe(true);
      },
      { timeout: 10_000 },
    );
  });

  it.each([
    ['binary garbage', (ws: WebSocket) => ws.send(Buffer.from([1, 2, 3])), 4502],
    ['text that is no JSON', (ws: WebSocket) => ws.send('hello?'), 4502],
    ['a frame too large', (ws: WebSocket) => ws.send('x'.repeat(65 * 1024)), 1009],
    ['bytes that are no frame', (ws: WebSocket) => writeRaw(ws, [0xff, 0xff, 0xff, 0xff]), 1002],
  ])('closes on %s and the server lives on', async (_, send, code) => {
    const { server } = await start();
    const { ws } = await greet(server.url);
    send(ws);
    expect((await once(ws, 'close'))[0]).toBe(code);
    await greet(server.url);
  });
});

/** Past the ws library, which would not send a broken frame. */
function writeRaw(ws: WebSocket, bytes: number[]): void {
  const stream: unknown = Reflect.get(ws, '_socket');
  if (typeof stream === 'object' && stream !== null && 'write' in stream && typeof stream.write === 'function') {
    stream.write(Buffer.from(bytes));
  } else throw new Error('no socket under the WebSocket');
}

describe('close', () => {
  it('says bye, ends the jobs, stops the engine and the port', async () => {
    const { server, engine } = await start();
    const { ws, messages } = await greet(server.url);
    const answer = fetch(`${server.url}/generate`, { method: 'POST', body: '{"prompt":"x"}' });
    await vi.waitFor(() => expect(engine.runs.length).toBe(1));
    const closed = once(ws, 'close');
    await Promise.all([server.close(), server.close()]);
    expect((await closed)[0]).toBe(1012);
    expect(messages.at(-1)).toMatchObject({ type: 'bye', retryAfterMs: expect.any(Number) });
    expect((await answer).status).toBe(503);
    expect(engine.closed).toBe(true);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('refuses a WebSocket that comes on a line of before', async () => {
    const { server } = await start();
    const stream = connect(server.port, '127.0.0.1');
    const head = ['GET /ws HTTP/1.1', 'host: localhost', 'connection: upgrade', 'upgrade: websocket'];
    const webSocket = ['sec-websocket-version: 13', 'sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg=='];
    stream.write(`${[...head, ...webSocket].join('\r\n')}\r\n`);
    // Until the server has surely read that.
    for (let i = 0; i < 3; i++) await fetch(`${server.url}/healthz`);
    const closed = server.close();
    stream.write('\r\n');
    expect(String((await once(stream, 'data'))[0])).toMatch(/^HTTP\/1.1 503 .*SHUTTING_DOWN/s);
    await closed;
  });
});

describe('start', () => {
  it('makes a token where others can reach it, and none where not', async () => {
    expect((await start()).server.token).toBeUndefined();
    const { token, url } = (await start({ host: '0.0.0.0' })).server;
    expect(token?.length).toBeGreaterThanOrEqual(22); // 128 bits in base64
    expect((await fetch(`${url}/jobs`)).status).toBe(401);
    expect((await fetch(`${url}/jobs`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });

  it('makes one behind a tunnel, too, and answers to the tunnel’s name', async () => {
    const { token, port } = (await start({ hasTunnel: true })).server;
    expect(token?.length).toBeGreaterThanOrEqual(22);
    const raw = await openRaw(
      port,
      requestHead('GET /jobs', { host: 'lamp.example', authorization: `Bearer ${token}` }),
    );
    onTestFinished(raw.cut);
    await raw.until((received) => received.includes('jobs'));
    expect(statusOf(raw.received)).toBe(200);
  });

  it('refuses a folder that is no model, a token that cannot be sent, and a port in use', async () => {
    await expect(start({ modelDirs: ['/nowhere'] })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(start({ token: '' })).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    const { port } = (await start()).server;
    await expect(start({ port })).rejects.toMatchObject({ code: 'INVALID_PARAMS', message: /choose another port/ });
  });
});

describe('limits', () => {
  it('on sockets of a token: 429 at the upgrade, and a place for the next when one leaves', async () => {
    const { server } = await start({ token: 'secret-secret-secret', limits: { socketsPerToken: 2 } });
    const auth = { authorization: 'Bearer secret-secret-secret' };
    const first = await greet(server.url, auth);
    await greet(server.url, auth);
    const { ws } = openSocket(server.url, auth);
    const [, response] = await once(ws, 'unexpected-response');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '4']);
    first.ws.close();
    await once(first.ws, 'close');
    await vi.waitFor(() => greet(server.url, auth));
  });

  it('are not counted where there is no token', async () => {
    const { server } = await start();
    for (let i = 0; i < 10; i++) await greet(server.url);
  });

  it('on connections: one too many is cut, and the others stay', async () => {
    const { server } = await start({ limits: { connections: 2 } });
    const first = await greet(server.url);
    await greet(server.url);
    const third = connect(server.port, '127.0.0.1');
    third.on('error', () => {}); // the cut itself
    await once(third, 'close');
    expect(first.ws.readyState).toBe(WebSocket.OPEN);
  });

  it('on connections: strangers, however many, keep nobody out who has the token', async () => {
    const { server } = await start({ token: 'secret', limits: { connections: 3 } });
    const auth = { authorization: 'Bearer secret' };
    const first = await greet(server.url, auth);
    const strangers = [];
    for (const text of ['', 'GET /jobs HTTP/1.1\r\n', requestHead('GET /jobs'), requestHead('GET /healthz'), '']) {
      const stranger = await openRaw(server.port, text);
      onTestFinished(stranger.cut);
      strangers.push(stranger);
    }
    await greet(server.url, auth);
    await Promise.all(strangers.slice(0, 4).map(({ closed }) => closed));
    expect(first.ws.readyState).toBe(WebSocket.OPEN);
  });
});
