/** `safelight serve` with its own limits, and callers who do not want pictures: slow, silent, deaf, endless, and all at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/client/client.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { type AnswerRules, createAnswerRules } from '../support/answer-rules.js';
import { openRaw, type RawConnection, requestHead, statusOf } from '../support/raw-connection.js';
import { type ServeProcess, startServe } from '../support/run-safelight.js';
import { clientFrame, closeCodeOf, OPCODES, readFrames } from '../support/websocket-frames.js';

const QUICK: GenerationRequest = { prompt: 'a lake', steps: 2, width: 256, height: 256 };
const JOB = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';

let server: ServeProcess;
let rules: AnswerRules;
let dataDir: string;
const open: RawConnection[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir], { NODE_OPTIONS: '--unhandled-rejections=strict' });
  rules = createAnswerRules([server.token, dataDir, process.cwd(), 'node_modules']);
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.cut();
});

async function raw(text: string | Uint8Array): Promise<RawConnection> {
  const connection = await openRaw(Number(new URL(server.url).port), text);
  open.push(connection);
  return connection;
}

const auth = () => ({ authorization: `Bearer ${server.token}` });
const upgradeHead = (headers: Record<string, string | number> = {}) =>
  requestHead('GET /ws', {
    ...{ ...auth(), connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-version': 13, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
  });
const hello = clientFrame({ payload: Buffer.from('{"type":"hello","protocol":1,"clientId":"hostile"}') });

/** Somebody who wants pictures gets one, from the connection to the file. */
async function expectService(): Promise<void> {
  const client = await connect(server);
  try {
    const types = [];
    for await (const event of client.generate(QUICK)) {
      types.push(event.type);
      if (event.type === 'image') expect((await client.download(event)).length).toBe(event.bytes);
    }
    expect(types.at(-1)).toBe('completed');
  } finally {
    await client.close();
  }
}

describe('who has the token is served', () => {
  test.each([
    ['say nothing', ''],
    ['begin a request', 'GET /jobs HTTP/1.1\r\nhost: x\r\nx:'],
    ['were refused and stay', requestHead('GET /jobs')],
    ['ask what everybody may', requestHead('GET /healthz')],
    ['never end their body', `${requestHead('POST /generate', { 'content-length': 1000 })}{`],
    ['never hang up after a refused upgrade', requestHead('GET /ws', { connection: 'Upgrade', upgrade: 'websocket' })],
  ])('while 200 strangers %s', async (_, text) => {
    await Promise.all(Array.from({ length: 200 }, () => raw(text)));
    await expectService();
  });

  test('while 30 who have it, too, do not read, do not end, and do not say hello', async () => {
    const endless = `${requestHead('POST /generate', { ...auth(), 'content-length': 1000 })}{`;
    const lists = requestHead('GET /capabilities', auth()).repeat(500);
    for (let i = 0; i < 10; i++) {
      await Promise.all([raw(endless), raw(i < 7 ? upgradeHead() : endless)]);
      (await raw(lists)).socket.pause();
    }
    await expectService();
  });

  test('while strangers try tokens, who are told to wait', async () => {
    const attempt = (_: unknown, i: number) =>
      fetch(`${server.url}/jobs`, { headers: { authorization: `Bearer ${i}` } }).then(({ status }) => status);
    const statuses = await Promise.all(Array.from({ length: 50 }, attempt));
    expect(new Set(statuses)).toContain(429);
    await expectService();
  });
});

describe('a WebSocket', () => {
  const spaces = (length: number) => new Uint8Array(length).fill(0x20);
  const bomb = (payload: Uint8Array) => clientFrame({ payload: deflateSync(payload), rsv: 4 });

  test.each([
    ['of a compressed message, which nobody agreed on', bomb(spaces(10_000_000)), 1002],
    ['one byte too long', clientFrame({ payload: spaces(64 * 1024 + 1) }), 1009],
    ['that claims the longest length', clientFrame({ length: 2 ** 53 - 1, lengthBytes: 8 }), 1009],
    ['that claims a negative length', clientFrame({ length: -1, lengthBytes: 8 }), 1009],
    ['of parts that are too long together', Buffer.concat(parts(17, spaces(4096))), 1009],
    ['of parts without end', Buffer.concat(parts(20_000, spaces(1))), 1008],
    ['not masked', clientFrame({ masked: false }), 1002],
    ['of a kind that is none', clientFrame({ opcode: 11 }), 1002],
    ['that goes on with nothing', clientFrame({ opcode: OPCODES.continuation }), 1002],
    ['of control that is too long', clientFrame({ opcode: OPCODES.ping, payload: spaces(126) }), 1002],
    ['of control in parts', clientFrame({ opcode: OPCODES.ping, fin: false }), 1002],
    ['that closes with a code that is none', clientFrame({ opcode: OPCODES.close, payload: Buffer.of(0, 1) }), 1002],
    ['that is not UTF-8', clientFrame({ payload: Buffer.of(0xc0, 0xaf) }), 1007],
    ['of bytes', clientFrame({ opcode: OPCODES.binary, payload: spaces(4) }), 4502],
    ['that is not JSON', clientFrame({ payload: Buffer.from('{') }), 4502],
  ])('frame %s is closed with its code', async (_, frame, code) => {
    const connection = await raw(upgradeHead());
    connection.send(hello);
    connection.send(frame);
    await connection.until((received) => closeCodesIn(received).length > 0);
    expect(closeCodesIn(connection.received)).toEqual([code]);
  });

  test('that pings and does not read is cut', async () => {
    const connection = await raw(upgradeHead());
    await connection.until((received) => received.includes('\r\n\r\n'));
    connection.socket.pause();
    const pings = Buffer.concat(Array(10_000).fill(clientFrame({ opcode: OPCODES.ping, payload: spaces(125) })));
    while (!connection.socket.destroyed) {
      connection.send(pings);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test.each([
    ['without a key', { 'sec-websocket-key': '' }, 400],
    ['of another version', { 'sec-websocket-version': 99 }, 400],
    ['to another protocol', { upgrade: 'chat' }, 404],
    ['from a web page', { origin: 'https://evil.example' }, 403],
    ['without the token', { authorization: '' }, 401],
  ])('%s is not opened', async (_, headers, status) => {
    const connection = await raw(upgradeHead(headers));
    await connection.until((received) => received.includes('\r\n\r\n'));
    // The last one may have to wait: strangers have tried tokens.
    expect([status, 429]).toContain(statusOf(connection.received));
    rules.checkLeak(String(connection.received));
  });

  test('that is opened with a body takes it for a frame', async () => {
    const connection = await raw(`${upgradeHead({ 'content-length': 5 })}hello`);
    expect(statusOf(await connection.closed)).toBe(101);
  });

  test('that is cut at any byte of its opening harms nobody', async () => {
    const bytes = Buffer.concat([Buffer.from(upgradeHead()), hello]);
    for (let length = 1; length <= bytes.length; length += 7) (await raw(bytes.subarray(0, length))).cut();
    await expectService();
  });
});

function closeCodesIn(received: Buffer): (number | undefined)[] {
  const frames = readFrames(received.subarray(received.indexOf('\r\n\r\n') + 4));
  return frames.filter(({ opcode }) => opcode === OPCODES.close).map(closeCodeOf);
}

/** A message that is never finished. */
function parts(count: number, payload: Uint8Array): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    clientFrame({ opcode: i === 0 ? OPCODES.text : OPCODES.continuation, payload, fin: false }),
  );
}

describe('a request', () => {
  test.each([
    ['a header of 20 KB', requestHead('GET /jobs', { x: 'x'.repeat(20_000) }), 431],
    ['two lengths', requestHead('POST /generate', { 'content-length': '1, 2' }), 400],
    [
      'a length and chunks',
      requestHead('POST /generate', { 'content-length': 1, 'transfer-encoding': 'chunked' }),
      400,
    ],
    ['a negative length', requestHead('POST /generate', { 'content-length': -1 }), 400],
    ['garbage instead of chunks', `${requestHead('POST /generate', { 'transfer-encoding': 'chunked' })}zz\r\n`, 400],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('with %s is refused and closed', async (_, text, status) => {
    const connection = await raw(text.replace('\r\n', `\r\nauthorization: Bearer ${server.token}\r\n`));
    expect(statusOf(await connection.closed)).toBe(status);
  });

  test('is answered though garbage follows it', async () => {
    const connection = await raw(`${requestHead('GET /capabilities', auth())}\0\x01garbage\r\n\r\n`);
    const text = String(await connection.closed);
    expect(text).toMatch(/^HTTP\/1.1 (200|400) /);
    rules.checkLeak(text);
  });

  const MB = 1024 * 1024;
  test.each([
    ['40 MB of brackets', 'PUT', () => '['.repeat(40 * MB - 1), 413],
    ['half of a deep nest', 'POST', () => '{"a":'.repeat(8 * MB), 413],
    ['a million keys', 'PUT', () => `{"prompt":"x"${Array.from({ length: MB }, (_, i) => `,"${i}":0`).join('')}}`, 413],
    [
      '40,000 keys',
      'POST',
      () => `{"prompt":"x"${Array.from({ length: 40_000 }, (_, i) => `,"${i}":0`).join('')}}`,
      400,
    ],
    ['too large a picture', 'PUT', () => JSON.stringify({ prompt: 'x', initImage: 'A'.repeat(21 * MB) }), 400],
    ['a picture that is not base64', 'PUT', () => JSON.stringify({ prompt: 'x', initImage: '\ud800'.repeat(MB) }), 400],
  ])('of %s (%s) gets a short refusal', async (_, method, toBody, status) => {
    const path = method === 'PUT' ? `/jobs/${JOB}` : '/generate';
    const answer = await fetch(`${server.url}${path}`, { method, headers: auth(), body: toBody() });
    const text = await answer.text();
    rules.checkHttp(answer.status, text);
    expect(answer.status).toBe(status);
    expect(text.length).toBeLessThan(5000);
  });
});

test('afterwards the server is as it was', async () => {
  await expectService();
  expect(server.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  expect(await server.stop()).toBe(0);
});
