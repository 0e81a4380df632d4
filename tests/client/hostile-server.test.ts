/** A server that lies, stutters and never ends: the client gets through, or fails with a code and in time. */
import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Client, type ClientEvent, connect, type ImageEvent } from '../../src/client/client.js';
import { SafelightError } from '../../src/protocol/errors.js';
import { PreviewHeaderSchema, ServerMessageSchema } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, type FakeServerOptions, startFakeServer } from '../support/fake-server.js';
import { hostileJson } from '../support/hostile-json.js';
import { JOB_IDS, valuesOf } from '../support/schema-values.js';
import { clientFrame, OPCODES } from '../support/websocket-frames.js';

const RUNS = Number(process.env.SAFELIGHT_FUZZ_RUNS ?? 3000);
const SEED = Number(process.env.SAFELIGHT_FUZZ_SEED ?? 1826);
const PER_JOB = 50;
/** For all of them, on a machine that does much else. */
const PATIENCE_MS = 120_000;
const [jobId] = JOB_IDS;
/** Then the client does not come back: every job has an end. */
const GO_AWAY = 4503;

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const each of open.splice(0).reverse()) await each.close();
});

async function startServer(options: FakeServerOptions): Promise<FakeServer> {
  const server = await startFakeServer(options);
  open.push(server);
  return server;
}

async function start(options: FakeServerOptions): Promise<Client> {
  const { url } = await startServer(options);
  const client = await connect({ url, token: 'secret' });
  open.push(client);
  return client;
}

/** Says this of a job each time that it is asked for it. */
function onJob(say: (link: FakeLink) => void): FakeServerOptions {
  return {
    onMessage(message, link) {
      if (message.type === 'submit' || message.type === 'watch') say(link);
    },
  };
}

/** What one job told, to its end, or to that of the link. */
async function follow(own: Client): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  try {
    for await (const event of own.generate({ prompt: 'x' }, { jobId })) events.push(event);
  } catch (error) {
    expect(error).toBeInstanceOf(SafelightError);
  }
  return events;
}

/** One job for each few inputs. @returns all that was told */
async function followAll<T>(inputs: readonly T[], say: (link: FakeLink, input: T) => void): Promise<ClientEvent[]> {
  const told: ClientEvent[] = [];
  for (let at = 0; at < inputs.length; at += PER_JOB) {
    const own = await start(
      onJob((link) => {
        for (const input of inputs.slice(at, at + PER_JOB)) say(link, input);
        link.close(GO_AWAY);
      }),
    );
    const events = await follow(own);
    const seqs = events.filter(({ type }) => type !== 'preview').map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    told.push(...events);
  }
  return told;
}

describe('hostile messages', { timeout: PATIENCE_MS }, () => {
  test('are passed over, or told in their order', async () => {
    const inputs = fc.sample(hostileJson(valuesOf(ServerMessageSchema)), { numRuns: RUNS, seed: SEED });
    const told = await followAll(inputs, (link, input) => link.sayText(String(input)));
    expect(told.length).toBeGreaterThan(0);
  });

  test('with pictures in them: only what is whole is shown', async () => {
    const told = await followAll(fc.sample(previewFrames, { numRuns: RUNS / 3, seed: SEED }), (link, frame) =>
      link.sayBytes(frame),
    );
    const previews = told.filter((event) => event.type === 'preview');
    expect(previews.length).toBeGreaterThan(0);
    for (const { format, width, height, bytes } of previews)
      if (format === 'rgb') expect([width > 0, bytes.length]).toEqual([true, width * height * 3]);
  });

  test('that go back, come twice or jump are told once, and only forward', async () => {
    const own = await start(
      onJob((link) => {
        for (const seq of [1, 2, 2, 1, 5, 4, 3]) link.say({ type: 'queued', jobId, seq, position: seq });
        link.say({ type: 'cancelled', jobId, seq: 5 });
        link.say({ type: 'cancelled', jobId, seq: 6 });
      }),
    );
    expect((await follow(own)).map(({ seq }) => seq)).toEqual([1, 2, 5, 6]);
  });

  test('of 30 MB are not even looked at: they could be of nothing but brackets', async () => {
    const own = await start(
      onJob((link) => {
        link.say({ type: 'queued', jobId, seq: 1, position: 0, more: ' '.repeat(30 * 2 ** 20) });
        link.say({ type: 'cancelled', jobId, seq: 2 });
      }),
    );
    expect((await follow(own)).map(({ type }) => type)).toEqual(['cancelled']);
  });

  const frame = (options: Parameters<typeof clientFrame>[0]) => clientFrame({ masked: false, ...options });
  test.each([
    ['a compressed frame', frame({ rsv: 4, payload: Buffer.from('x') })],
    ['a masked frame', frame({ masked: true, payload: Buffer.from('{}') })],
    ['a frame of a kind that is none', frame({ opcode: 3 })],
    ['text that is not UTF-8', frame({ payload: Buffer.of(0xff) })],
    ['a frame of 33 MB', frame({ opcode: OPCODES.binary, length: 33 * 2 ** 20 })],
    ['a frame longer than any number', frame({ length: 2 ** 53 - 1, lengthBytes: 8 })],
    ['a close with a code that is none', frame({ opcode: OPCODES.close, payload: Buffer.of(0, 0) })],
    ['bytes of another protocol', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ])('%s: the client comes back on another line', async (_, bytes) => {
    let times = 0;
    const own = await start(
      onJob((link) => {
        if (++times === 1) link.sayRaw(bytes);
        else link.say({ type: 'cancelled', jobId, seq: 1 });
      }),
    );
    expect((await follow(own)).map(({ type }) => type)).toEqual(['cancelled']);
  });
});

/** Headers that may be spoilt, lengths that may be wrong, and an end that may be missing. */
const previewFrames = fc
  .record({
    header: fc.oneof(
      hostileJson(valuesOf(PreviewHeaderSchema)),
      fc
        .record({ width: fc.constantFrom(-1, 0, 1, 2, 6, 1e9), height: fc.constantFrom(-1, 0, 1, 3, 1e9) })
        .map((size) =>
          Buffer.from(JSON.stringify({ type: 'preview', jobId, seq: 1, image: 0, step: 1, ...size, format: 'rgb' })),
        ),
    ),
    lie: fc.constantFrom(0, 0, 0, 1, -1, -4, 1000, 2 ** 31),
    payload: fc.constantFrom(0, 3, 6, 6, 6, 7),
    cut: fc.constantFrom(0, 0, 0, 1, 20),
  })
  .map(({ header, lie, payload, cut }) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Math.max(0, header.length + lie));
    const whole = Buffer.concat([length, header, new Uint8Array(payload)]);
    return whole.subarray(0, whole.length - cut);
  });

describe('connecting', () => {
  const accept = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n';

  test.each([
    ['garbage', '\0\x01\x02\r\n\r\n', 'CONNECTION_FAILED'],
    ['no word', '', 'CONNECTION_FAILED'],
    ['half a status', 'HTTP/1.1 10', 'CONNECTION_FAILED'],
    ['a key that is not ours', `${accept}sec-websocket-accept: x\r\n\r\n`, 'CONNECTION_FAILED'],
    ['a redirect', 'HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n', 'BAD_ANSWER'],
    ['half a refusal', 'HTTP/1.1 401 No\r\ncontent-length: 1000\r\n\r\n{"error":', 'UNAUTHORIZED'],
    ['a refusal of nonsense', 'HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\n{"error":', 'BAD_ANSWER'],
  ])('to %s, and then nothing', async (_, text, code) => {
    const onUpgrade: FakeServerOptions['onUpgrade'] = (stream) => stream.end(text);
    await expect(start({ onUpgrade })).rejects.toMatchObject({ code });
  });

  test('to a refusal that never ends', async () => {
    const onUpgrade: FakeServerOptions['onUpgrade'] = (stream) => {
      stream.write('HTTP/1.1 401 No\r\n\r\n');
      const more = () => stream.writable && stream.write('x'.repeat(10_000), () => setImmediate(more));
      more();
    };
    await expect(start({ onUpgrade })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test.each([
    ['says nothing at all', { onUpgrade: () => {} }, 'CONNECTION_FAILED'],
    ['lets us in and does not greet', { greets: false }, 'BAD_ANSWER'],
  ])('to one that %s ends in time', async (_, options: FakeServerOptions, code) => {
    const reached = Promise.withResolvers<void>();
    const server = await startServer({
      ...options,
      ...(options.onUpgrade && { onUpgrade: () => reached.resolve() }),
      onMessage: () => reached.resolve(),
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connecting = connect({ url: server.url });
    const outcome = expect(connecting).rejects.toMatchObject({ code });
    await reached.promise;
    await vi.advanceTimersByTimeAsync(20_000);
    await outcome;
  });

  test('to one that does not greet can be given up', async () => {
    const greeted = Promise.withResolvers<void>();
    const server = await startServer({ greets: false, onMessage: () => greeted.resolve() });
    const stopping = new AbortController();
    const connecting = connect({ url: server.url, signal: stopping.signal });
    await greeted.promise;
    stopping.abort(new SafelightError('CANCELLED', 'enough'));
    await expect(connecting).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('a server that stops reading does not hold the client', async () => {
  const hung = Promise.withResolvers<void>();
  const own = await start(
    onJob((link) => {
      link.hang();
      hung.resolve();
    }),
  );
  const events = follow(own);
  await hung.promise;
  await own.close();
  expect(await events).toEqual([]);
});

describe('a picture', () => {
  const image: ImageEvent = {
    ...{ type: 'image', jobId, seq: 3, n: 0, seed: 1, sha256: 'x', bytes: 100, width: 1, height: 1 },
    ...{ format: 'png', href: '/jobs/x/images/0' },
  };

  test.each(['', 'http://evil.example/', '@evil.example/x', '.evil.example/x', ':1/x', '\\\\x', ' /x'])(
    'at the address "%s" is not fetched',
    async (href) => {
      const own = await start({ onRequest: () => expect.unreachable() });
      await expect(own.download({ ...image, href })).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    },
  );

  test.each([
    ['without end', (response: ServerResponse) => void writeOn(response)],
    ['shorter than announced', (response: ServerResponse) => response.end('x')],
    ['that is a refusal without end', (response: ServerResponse) => void writeOn(response.writeHead(500))],
  ])('%s is refused', async (_, answer) => {
    const own = await start({ onRequest: (_, response) => answer(response) });
    await expect(own.download(image)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});

function writeOn(response: ServerResponse): void {
  if (response.writable) response.write('x'.repeat(10_000), () => setImmediate(writeOn, response));
}
