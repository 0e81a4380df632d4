/**
 * `safelight serve` against 10,000 malformed and hostile inputs, drawn from the schemas: each is answered with a code or
 * closed with one, and afterwards the server is as it was. SAFELIGHT_FUZZ_RUNS and SAFELIGHT_FUZZ_SEED draw others.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ClientMessageSchema } from '../../src/protocol/messages.js';
import { type AnswerRules, createAnswerRules } from '../support/answer-rules.js';
import { type HostileRequest, headersOf, hostileBytes, hostileRequests } from '../support/hostile-http.js';
import { hostileJson } from '../support/hostile-json.js';
import { inLanes } from '../support/lanes.js';
import { createProbedSocket } from '../support/probed-socket.js';
import { openRaw, type RawConnection, requestHead, statusOf } from '../support/raw-connection.js';
import { type ServeProcess, startServe } from '../support/run-safelight.js';
import { valuesOf } from '../support/schema-values.js';
import { type ClientFrame, clientFrame, closeCodeOf, OPCODES, readFrames } from '../support/websocket-frames.js';

const RUNS = Number(process.env.SAFELIGHT_FUZZ_RUNS ?? 10_000);
const SEED = Number(process.env.SAFELIGHT_FUZZ_SEED ?? 1826);
const LANES = 8;
const SWEEP_MS = 50;
/** For one kind of input on a machine that does much else; each single input has its own, shorter time. */
const PATIENCE_MS = 300_000;
const share = (part: number) => Math.ceil(RUNS * part);
const draw = <T>(arbitrary: fc.Arbitrary<T>, part: number) =>
  fc.sample(arbitrary, { numRuns: share(part), seed: SEED });

/** 20 KB kept of each input would be more. About 60 MB stay: what V8 keeps of its peak, and the 256 newest jobs. */
const MAX_GROWTH_BYTES = 200 * 2 ** 20;
const QUICK = { prompt: 'a lake at night', seed: 42, steps: 2, width: 256, height: 256 };

let server: ServeProcess;
let rules: AnswerRules;
let dataDir: string;
let pictureJob: string;
let rightPicture: Buffer;
let rssBefore: number;
const stopping = new AbortController();
let sweeping: Promise<void>;
/** Nothing, half a word, and a header without end: opened first, so that their time is up when the rest is through. */
let silent: RawConnection[];
let drip: NodeJS.Timeout;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  const unlimited = ['--max-messages', '--max-submits', '--max-connections', '--max-sockets'];
  const limits = unlimited.flatMap((flag) => [flag, '100000']);
  server = await startServe(['--data-dir', dataDir, '--max-queue', '8', ...limits], {
    NODE_OPTIONS: '--unhandled-rejections=strict',
  });
  rules = createAnswerRules([server.token, dataDir, process.cwd(), 'node_modules']);
  pictureJob = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2aff';
  rightPicture = await makePicture(pictureJob);
  sweeping = sweep();
  sweeping.catch(() => {}); // told by the last test
  rssBefore = await readRss();
  const beginnings = ['', 'GE', `${requestHead('GET /jobs').trimEnd()}\r\nx: `];
  silent = await Promise.all(beginnings.map((text) => openRaw(portOf(server), text)));
  drip = setInterval(() => silent.at(-1)?.send('x'), 100);
});
afterAll(async () => {
  clearInterval(drip);
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${server.token}` } });

async function makePicture(jobId: string): Promise<Buffer> {
  await ask(`/jobs/${jobId}`, { method: 'PUT', body: JSON.stringify(QUICK) });
  const picture = () => ask(`/jobs/${jobId}/images/0`);
  await vi.waitFor(async () => expect((await picture()).status).toBe(200), { timeout: 20_000 });
  return Buffer.from(await (await picture()).arrayBuffer());
}

/** Some inputs are good requests after all: their jobs are not worth the time. */
async function sweep(): Promise<void> {
  while (!stopping.signal.aborted) {
    const { jobs } = (await (await ask('/jobs')).json()) as { jobs: { jobId: string; state: string }[] };
    const open = jobs.filter(({ state }) => state === 'queued' || state === 'running');
    await Promise.all(open.map(({ jobId }) => ask(`/jobs/${jobId}`, { method: 'DELETE' })));
    await sleep(SWEEP_MS);
  }
}

async function readRss(): Promise<number> {
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(await (await ask('/metrics')).text())?.[1]);
}

describe('10,000 hostile inputs', { timeout: PATIENCE_MS }, () => {
  test('HTTP requests to every route', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: LANES });
    const send = (input: HostileRequest) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = headersOf(input).flat();
        const { method, path } = input;
        request(server.url, { agent, method, path, headers }, resolve).on('error', reject).end(input.body);
      });
    await inLanes(draw(hostileRequests(server.token, pictureJob), 0.4), LANES, async (input) => {
      const answer = await send(input);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('latin1');
      if (input.method === 'HEAD') expect(answer.statusCode).toBeLessThan(500);
      else rules.checkHttp(answer.statusCode ?? 500, text);
    });
    agent.destroy();
  });

  test('WebSocket messages', async () => {
    const sockets = Array.from({ length: LANES }, () => createProbedSocket(server));
    await inLanes(draw(hostileJson(valuesOf(ClientMessageSchema)), 0.3), LANES, async (input, lane) => {
      const { messages, closedWith } = await sockets[lane].say(input);
      for (const message of messages) rules.checkMessage(message);
      rules.checkClose(closedWith);
    });
    for (const socket of sockets) socket.close();
  });

  test('WebSocket frames', async () => {
    const upgrade = requestHead('GET /ws', {
      ...{ authorization: `Bearer ${server.token}`, connection: 'Upgrade', upgrade: 'websocket' },
      ...{ 'sec-websocket-version': 13, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    });
    const hello = clientFrame({ payload: Buffer.from('{"type":"hello","protocol":1,"clientId":"hostile"}') });
    await inLanes(draw(hostileFrames, 0.1), LANES, async ({ bytes, closeCodes }) => {
      const raw = await openRaw(portOf(server), Buffer.concat([Buffer.from(upgrade), hello, bytes]));
      raw.finish();
      const received = await raw.closed;
      const headEnd = received.indexOf('\r\n\r\n') + 4;
      expect(String(received.subarray(0, headEnd))).toMatch(/^HTTP\/1.1 101 /);
      for (const frame of readFrames(received.subarray(headEnd))) {
        rules.checkLeak(String(frame.payload));
        const code = frame.opcode === OPCODES.close ? closeCodeOf(frame) : undefined;
        if (!closeCodes.includes(code)) rules.checkClose(code);
      }
      raw.cut();
    });
  });

  test('bytes that are HTTP, or nearly, or not at all', async () => {
    const inputs = draw(hostileBytes(hostileRequests(server.token, pictureJob)), 0.2);
    await inLanes(inputs, LANES, async (input) => {
      const raw = await openRaw(portOf(server), input);
      raw.finish();
      const text = (await raw.closed).toString('latin1');
      raw.cut();
      rules.checkLeak(text);
      for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)) expect(Number(status)).toBeLessThan(500);
    });
  });
});

test('whoever does not say what they want is sent away', { timeout: PATIENCE_MS }, async () => {
  for (const { closed } of silent) expect(statusOf(await closed)).toBe(408);
});

test('afterwards the server is as it was, and so is the next one', async () => {
  stopping.abort();
  await sweeping;
  const newest = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2afe';
  expect((await makePicture(newest)).equals(rightPicture)).toBe(true);
  expect((await readRss()) - rssBefore).toBeLessThan(MAX_GROWTH_BYTES);
  expectCleanLog();
  expect(await server.stop()).toBe(0);
  // What was accepted on the way must be readable again.
  server = await startServe(['--data-dir', dataDir]);
  expect((await makePicture(newest)).equals(rightPicture)).toBe(true);
  expectCleanLog();
  expect(server.log.filter((line) => line.includes('left out'))).toEqual([]);
});

function expectCleanLog(): void {
  expect(server.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
}

function portOf({ url }: ServeProcess): number {
  return Number(new URL(url).port);
}

const rarely = <T>(values: fc.Arbitrary<T>) => fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, values);
const payloads = fc.oneof(
  { weight: 3, arbitrary: hostileJson(valuesOf(ClientMessageSchema)) },
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(0, 125, 126, 65_536, 65_537, 200_000).map((length) => new Uint8Array(length).fill(0x20)),
);
const anyFrame: fc.Arbitrary<ClientFrame> = fc.record({
  opcode: fc.oneof(rarely(fc.nat(15)), fc.constantFrom(...Object.values(OPCODES))),
  payload: payloads,
  fin: rarely(fc.boolean()),
  rsv: rarely(fc.nat(7)),
  masked: rarely(fc.boolean()),
  length: rarely(fc.oneof(fc.constantFrom(0, 125, 126, 65_535, 65_536, 2 ** 31, 2 ** 53 - 1), fc.nat(300))),
  lengthBytes: rarely(fc.constantFrom(0, 2, 8)),
});
const hostileFrames = fc
  .tuple(fc.array(anyFrame, { minLength: 1, maxLength: 6 }), rarely(fc.nat(1000)))
  .map(([frames, cut]) => ({
    bytes: Buffer.concat(frames.map(clientFrame)).subarray(0, cut),
    /** A close is answered with its own code. */
    closeCodes: frames.flatMap(({ payload }) => (payload === undefined ? [] : [closeCodeOf({ payload })])),
  }));
