/** Links that drop, at every phase: each event once and in order, each picture whole. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createBackoff } from '../../src/client/backoff.js';
import { type Client, type ClientEvent, connect, type ImageEvent, type LinkNews } from '../../src/client/client.js';
import { SafelightError } from '../../src/protocol/errors.js';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, type FakeServerOptions, startFakeServer } from '../support/fake-server.js';

const picture = Buffer.from('the bytes of a picture, long enough to be cut in two');
const sha256 = createHash('sha256').update(picture).digest('hex');
let server: FakeServer;
let client: Client;

async function start(options: FakeServerOptions): Promise<void> {
  server = await startFakeServer(options);
  client = await connect({ url: server.url });
}
afterEach(async () => {
  await client.close();
  await server.close();
});

async function collect(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A job's whole log. */
function logOf(jobId: string) {
  const progress = { type: 'progress', image: 0, steps: 2, elapsedMs: 1, etaMs: 1 };
  const image = { n: 0, seed: 7, sha256, bytes: picture.length, width: 1, height: 1, format: 'png', href: '/final' };
  const events = [
    { type: 'queued', position: 0 },
    { type: 'started', seeds: [7] },
    { ...progress, step: 1 },
    { ...progress, step: 2 },
    { type: 'image', ...image },
    { type: 'completed', seeds: [7], timings: { queuedMs: 0, totalMs: 1 } },
  ];
  return events.map((event, i) => ({ ...event, jobId, seq: i + 1 }));
}

describe('a cut after event k', () => {
  test.each([1, 2, 3, 4, 5])('k = %i: the rest follows, nothing twice', async (k) => {
    await start({
      onMessage(message: ClientMessage, link: FakeLink) {
        if (message.type === 'submit') {
          for (const event of logOf(message.jobId).slice(0, k)) link.say(event);
          link.cut();
        }
        // A replay that begins too early must not be told twice either.
        if (message.type === 'watch') {
          for (const event of logOf(message.jobId).slice(Math.max(0, (message.afterSeq ?? 0) - 1))) link.say(event);
        }
      },
    });
    const events = await collect(client.generate({ prompt: 'a lake' }));
    expect(events.map((event) => ('seq' in event ? event.seq : 0))).toEqual([1, 2, 3, 4, 5, 6]);
    const watch = server.heard.find((message) => message.type === 'watch');
    expect(watch).toMatchObject({ epoch: 'e', afterSeq: k });
  });

  test('k = 0: the server may never have heard of the job, so it is submitted again', async () => {
    let isCut = false;
    await start({
      onMessage(message: ClientMessage, link: FakeLink) {
        if (message.type === 'watch') link.say({ type: 'error', jobId: message.jobId, code: 'NOT_FOUND', message: '' });
        if (message.type !== 'submit') return;
        if (isCut) for (const event of logOf(message.jobId)) link.say(event);
        else link.cut();
        isCut = true;
      },
    });
    const events = await collect(client.generate({ prompt: 'a lake' }));
    expect(events.at(-1)?.type).toBe('completed');
    const [first, again, ...more] = server.heard.filter((message) => message.type === 'submit');
    expect([again, more]).toEqual([first, []]);
  });
});

test('another server life makes the job again: same id, same seed, and no picture is told twice', async () => {
  let life = 0;
  await start({
    epoch: () => `life ${life}`,
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      const events = logOf(message.jobId);
      for (const event of life === 0 ? events.slice(0, 5) : events) link.say(event);
      if (life === 0) link.cut();
      life += 1;
    },
  });
  const events = await collect(client.generate({ prompt: 'a lake' }));
  expect(events.filter(({ type }) => type === 'image')).toHaveLength(1);
  expect(events.at(-1)?.type).toBe('completed');
  const submits = server.heard.filter((message) => message.type === 'submit');
  expect(submits).toHaveLength(2);
  expect(submits[1]).toEqual(submits[0]);
  expect(submits[0].params.seed).toBeTypeOf('number');
});

test('a job that the server made room for is submitted again, and no picture is told twice', async () => {
  let submits = 0;
  await start({
    onMessage(message, link) {
      if (message.type === 'submit') {
        submits += 1;
        for (const event of submits === 1 ? logOf(message.jobId).slice(0, 5) : logOf(message.jobId)) link.say(event);
        if (submits === 1) link.cut();
      }
      if (message.type === 'watch')
        link.say({ type: 'error', jobId: message.jobId, code: 'NOT_FOUND', message: 'gone' });
    },
  });
  const events = await collect(client.generate({ prompt: 'a lake' }));
  expect(events.at(-1)?.type).toBe('completed');
  expect(events.filter(({ type }) => type === 'image')).toHaveLength(1);
  const [first, again] = server.heard.filter((message) => message.type === 'submit');
  expect(again).toEqual(first);
});

test('a snapshot tells the pictures of a job that waits to be made again', async () => {
  await start({
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      const { jobId } = message;
      const { type: _, jobId: __, seq: ___, ...image } = logOf(jobId)[4];
      const snapshot = { state: 'queued', epoch: 'e', seq: 2000, position: 3, seeds: [7], images: [image] };
      link.say({ type: 'snapshot', jobId, ...snapshot });
      link.say({ type: 'cancelled', jobId, seq: 2001 });
    },
  });
  const events = await collect(client.generate({ prompt: 'a lake' }));
  expect(events.map(({ type }) => type)).toEqual(['queued', 'image', 'cancelled']);
});

test('notes are told once, however often a server tells them', async () => {
  let life = 0;
  const notes = ['The mask is all white.'];
  await start({
    epoch: () => `life ${life}`,
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      const { jobId } = message;
      link.say({ type: 'stage', jobId, seq: 1, name: 'encode', notes });
      if (life++ === 0) return link.cut();
      link.say({
        type: 'snapshot',
        jobId,
        state: 'running',
        epoch: 'e',
        seq: 20,
        seeds: [7],
        images: [],
        notes: [...notes, 'Another.'],
      });
      link.say({ type: 'cancelled', jobId, seq: 21 });
    },
  });
  const events = await collect(client.generate({ prompt: 'a lake' }));
  expect(events.flatMap((event) => (event.type === 'stage' ? (event.notes ?? []) : []))).toEqual([
    ...notes,
    'Another.',
  ]);
});

test('a cancel that the cut swallowed is said again', async () => {
  await start({
    onMessage(message, link) {
      if (message.type === 'submit') {
        link.say(logOf(message.jobId)[0]);
        link.cut();
      }
      if (message.type === 'cancel') link.say({ type: 'cancelled', jobId: message.jobId, seq: 2 });
    },
  });
  const stopping = new AbortController();
  const types = [];
  for await (const event of client.generate({ prompt: 'a lake' }, { signal: stopping.signal })) {
    types.push(event.type);
    stopping.abort();
  }
  expect(types).toEqual(['queued', 'cancelled']);
});

test('the link tells when it goes and when it comes back', async () => {
  const states: string[] = [];
  server = await startFakeServer({
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      if (states.length === 0) link.cut();
      else link.say({ type: 'cancelled', jobId: message.jobId, seq: 1 });
    },
  });
  client = await connect({ url: server.url, onLink: ({ state }) => states.push(state) });
  await collect(client.generate({ prompt: 'a lake' }));
  expect(states).toEqual(['down', 'up']);
});

test('each try has its number, and one that is wanted now does not wait', async () => {
  const links: LinkNews[] = [];
  const options: FakeServerOptions = {
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      if (links.length > 0) return link.say({ type: 'cancelled', jobId: message.jobId, seq: 1 });
      options.refuse = { status: 402, headers: { 'ngrok-error-code': 'ERR_NGROK_734' } };
      link.cut();
    },
  };
  server = await startFakeServer(options);
  client = await connect({ url: server.url, onLink: (link) => links.push(link) });
  client.retryNow(); // nothing is lost yet
  const job = collect(client.generate({ prompt: 'a lake' }));
  await expect.poll(() => links.length).toBe(2);
  expect(links).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  options.refuse = undefined;
  // The next one would come in a minute.
  client.retryNow();
  client.retryNow();
  await job;
  expect(links.slice(2)).toMatchObject([{ state: 'down', retryMs: 0, attempt: 2 }, { state: 'up' }]);
});

describe('a tunnel in front', () => {
  const cutThenRefuse = (code: string): FakeServerOptions => {
    const options: FakeServerOptions = {
      onMessage(message, link) {
        if (message.type !== 'submit') return;
        options.refuse = { status: 402, headers: { 'ngrok-error-code': code } };
        link.cut();
      },
    };
    return options;
  };

  test('that refuses for good ends the job here: it is not asked again', async () => {
    await start(cutThenRefuse('ERR_NGROK_725'));
    await expect(collect(client.generate({ prompt: 'a lake' }))).rejects.toMatchObject({ code: 'TUNNEL_REFUSED' });
  });

  test('that has a limit a minute is left alone for a minute, and told of', async () => {
    const downs: { retryMs: number; reason?: string }[] = [];
    server = await startFakeServer(cutThenRefuse('ERR_NGROK_734'));
    client = await connect({ url: server.url, onLink: (link) => link.state === 'down' && downs.push(link) });
    const job = collect(client.generate({ prompt: 'a lake' }));
    await expect.poll(() => downs.length).toBe(2);
    expect(downs[1].retryMs).toBeGreaterThanOrEqual(60_000);
    expect(downs[1].reason).toMatch(/too many requests in a minute.*ERR_NGROK_734/);
    await client.close();
    await expect(job).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

test('a server that has too many clients for now is asked again when it says so, and the job goes on', async () => {
  const downs: { retryMs: number; reason?: string }[] = [];
  let upgrades = 0;
  const error = { code: 'RATE_LIMITED', message: 'too many sockets', retryAfterMs: 700 };
  const options: FakeServerOptions = {
    onMessage(message, link) {
      if (message.type === 'submit') {
        link.say(logOf(message.jobId)[0]);
        options.refuse = { status: 429, body: JSON.stringify({ error }) };
        link.cut();
      }
      if (message.type === 'watch') for (const event of logOf(message.jobId).slice(1)) link.say(event);
    },
  };
  server = await startFakeServer(options);
  client = await connect({
    url: server.url,
    onLink(link) {
      if (link.state === 'up') return;
      downs.push(link);
      upgrades += 1;
      if (upgrades === 2) delete options.refuse;
    },
  });
  const events = await collect(client.generate({ prompt: 'a lake' }));
  expect(events.at(-1)?.type).toBe('completed');
  expect(downs).toHaveLength(2);
  expect(downs[1].reason).toBe('too many sockets');
  expect(downs[1].retryMs).toBeGreaterThanOrEqual(700);
});

test('a large job that a stopping server refuses is sent to the next', async () => {
  let life = 0;
  let old: FakeLink | undefined;
  const answers: number[] = [];
  await start({
    epoch: () => `life ${life}`,
    onMessage(message, link) {
      if (message.type === 'hello') old = link;
      if (message.type === 'watch') for (const event of logOf(message.jobId)) link.say(event);
    },
    onRequest(request, response) {
      request.resume();
      answers.push(life === 0 ? 503 : 201);
      const body = JSON.stringify({ error: { code: 'SHUTTING_DOWN', message: 'the server is stopping' } });
      response.writeHead(life === 0 ? 503 : 201).end(body, () => life === 1 && old?.close(1012));
      life += 1;
    },
  });
  const large = { prompt: 'a lake', initImage: Buffer.alloc(60_000).toString('base64') };
  const events = await collect(client.generate(large));
  expect(events.at(-1)?.type).toBe('completed');
  expect(answers).toEqual([503, 201]);
});

describe('download', () => {
  const image = logOf('6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d')[4] as unknown as ImageEvent;

  test('goes on by Range where it was cut', async () => {
    const ranges: (string | undefined)[] = [];
    await start({
      onRequest(request, response) {
        ranges.push(request.headers.range);
        const from = Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0);
        const rest = picture.subarray(from);
        response.writeHead(from === 0 ? 200 : 206, { 'content-length': rest.length });
        if (ranges.length < 3) response.write(rest.subarray(0, 10), () => response.destroy());
        else response.end(rest);
      },
    });
    expect(Buffer.from(await client.download(image)).equals(picture)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=10-', 'bytes=20-']);
  });

  /** A server as RFC 9110 has it: If-Range of other bytes makes it send all of what it has now. */
  async function startChanging(...contents: Buffer[]): Promise<(string | undefined)[]> {
    const asked: (string | undefined)[] = [];
    await start({
      onRequest({ headers }, response) {
        const content = contents[Math.min(asked.length, contents.length - 1)];
        asked.push(headers['if-range'] as string | undefined);
        const etag = `"${createHash('sha256').update(content).digest('hex')}"`;
        const from = Number(headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0);
        const isRest = from > 0 && (headers['if-range'] ?? etag) === etag;
        const rest = isRest ? content.subarray(from) : content;
        response.writeHead(isRest ? 206 : 200, { etag, 'content-length': rest.length });
        if (asked.length === 1) response.write(rest.subarray(0, 10), () => response.destroy());
        else response.end(rest);
      },
    });
    return asked;
  }

  test('goes on only with the same picture: the server is told of which it has the beginning', async () => {
    const asked = await startChanging(picture);
    expect(Buffer.from(await client.download(image)).equals(picture)).toBe(true);
    expect(asked).toEqual([undefined, `"${sha256}"`]);
  });

  test('never glues two pictures together', async () => {
    const other = Buffer.from(picture.toString().replaceAll('t', 'T'));
    const asked = await startChanging(picture, other);
    await expect(client.download(image)).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      message: 'the picture changed while it was fetched',
    });
    expect(asked).toHaveLength(2);
  });

  test('ends with the signal, also between two tries', async () => {
    const stopping = new AbortController();
    await start({
      onRequest(_, response) {
        response.destroy();
        stopping.abort(new Error('enough'));
      },
    });
    await expect(client.download(image, { signal: stopping.signal })).rejects.toThrow('enough');
  });
});

describe('the backoff', () => {
  const waits = (backoff: ReturnType<typeof createBackoff>, count: number) =>
    Array.from({ length: count }, () => backoff.next());

  test('doubles from a quarter of a second to five, with full jitter', () => {
    expect(
      waits(
        createBackoff(
          () => 0,
          () => 1,
        ),
        7,
      ),
    ).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    expect(
      waits(
        createBackoff(
          () => 0,
          () => 0.5,
        ),
        3,
      ),
    ).toEqual([125, 250, 500]);
  });

  test('waits as long as the server says and a little more, within what makes sense', () => {
    const waitAfter = (retryAfterMs: number) =>
      createBackoff(
        () => 0,
        () => 0.5,
      ).next(new SafelightError('RATE_LIMITED', 'later', { retryAfterMs }));
    expect([0, 1, 60_000].map(waitAfter)).toEqual([125, 126, 60_125]);
    // A longer timer would go off at once.
    for (const far of [2 ** 31, 1e300, Number.POSITIVE_INFINITY]) expect(waitAfter(far)).toBe(600_125);
    expect(waitAfter(-5000)).toBe(125);
  });

  test('starts over only after a link that held', () => {
    let now = 0;
    const backoff = createBackoff(
      () => now,
      () => 1,
    );
    waits(backoff, 3);
    backoff.up();
    now = 1000;
    expect(backoff.next()).toBe(2000);
    backoff.up();
    now = 40_000;
    expect(backoff.next()).toBe(250);
  });
});
