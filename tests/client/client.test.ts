import { createHash } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Client, type ClientEvent, connect, type ImageEvent } from '../../src/client/client.js';
import { encodePreview } from '../../src/protocol/codec.js';
import type { ClientMessage } from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import {
  type FakeLink,
  type FakeServer,
  type FakeServerOptions,
  startFakeServer,
  WELCOME,
} from '../support/fake-server.js';

const params: GenerationRequest = { prompt: 'a lake' };
const ID = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const picture = Buffer.from('the bytes of a picture');
const sha256 = createHash('sha256').update(picture).digest('hex');
let server: FakeServer;
let client: Client | undefined;

async function start(options: FakeServerOptions = {}): Promise<Client> {
  server = await startFakeServer(options);
  client = await connect({ url: server.url, token: 'secret' });
  return client;
}

afterEach(async () => {
  await client?.close();
  client = undefined;
  await server.close();
});

async function collect(events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Runs the script when a job is submitted. */
function onSubmit(script: (jobId: string, link: FakeLink) => void) {
  return (message: ClientMessage, link: FakeLink) => {
    if (message.type === 'submit') script(message.jobId, link);
  };
}

describe('generate', () => {
  test('tells every event in order, to the ending', async () => {
    const own = await start({
      onMessage: onSubmit((jobId, link) => {
        link.say({ type: 'queued', jobId, seq: 1, position: 0 });
        link.say({ type: 'started', jobId, seq: 2, seeds: [7], mood: 'a field of a newer server' });
        link.say({ type: 'fireworks', jobId, seq: 3 });
        link.say({ type: 'completed', jobId, seq: 4, seeds: [7], timings: { queuedMs: 0, totalMs: 1 } });
      }),
    });
    expect((await collect(own.generate(params))).map(({ type }) => type)).toEqual(['queued', 'started', 'completed']);
  });

  test('a preview is acknowledged when it is taken, and only the newest waits', async () => {
    const frame = (jobId: string, seq: number) =>
      encodePreview(
        { type: 'preview', jobId, seq, image: 0, step: seq, width: 1, height: 1, format: 'rgb' },
        Uint8Array.of(seq, seq, seq),
      );
    const own = await start({
      onMessage: onSubmit((jobId, link) => {
        for (const seq of [1, 2, 3]) link.sayBytes(frame(jobId, seq));
        link.say({ type: 'cancelled', jobId, seq: 4 });
      }),
    });
    const previews = (await collect(own.generate(params))).filter((event) => event.type === 'preview');
    expect(previews.map(({ seq, bytes }) => [seq, ...bytes]).at(-1)).toEqual([3, 3, 3, 3]);
    const acked = server.heard.flatMap((message) => (message.type === 'previewAck' ? [message.seq] : []));
    expect(previews.map(({ seq }) => seq)).toEqual(expect.arrayContaining(acked));
  });

  test('a refused submit throws the server’s code', async () => {
    const own = await start({
      onMessage: onSubmit((jobId, link) => link.say({ type: 'error', jobId, code: 'QUEUE_FULL', message: 'later' })),
    });
    await expect(collect(own.generate(params))).rejects.toMatchObject({ code: 'QUEUE_FULL', message: 'later' });
  });

  test('a server that does not want us back ends every job, now and later', async () => {
    const own = await start({ onMessage: onSubmit((_, link) => link.close(4503)) });
    await expect(collect(own.generate(params))).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await expect(collect(own.generate(params))).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('a second welcome on the same line changes nothing', async () => {
    const links: unknown[] = [];
    server = await startFakeServer({
      onMessage: onSubmit((jobId, link) => {
        link.say(WELCOME);
        link.say({ type: 'cancelled', jobId, seq: 1 });
      }),
    });
    client = await connect({ url: server.url, onLink: (link) => links.push(link) });
    await collect(client.generate(params));
    // What was sent before this one's end is heard by now.
    await collect(client.generate(params));
    expect(server.heard.map(({ type }) => type)).toEqual(['hello', 'submit', 'submit']);
    expect(links).toEqual([]);
  });

  test('an abort sends cancel, and the telling goes on to the server’s ending', async () => {
    const own = await start({
      onMessage(message, link) {
        if (message.type === 'submit') link.say({ type: 'started', jobId: message.jobId, seq: 1, seeds: [1] });
        if (message.type === 'cancel') link.say({ type: 'cancelled', jobId: message.jobId, seq: 2 });
      },
    });
    const stopping = new AbortController();
    const types = [];
    for await (const event of own.generate(params, { signal: stopping.signal })) {
      types.push(event.type);
      stopping.abort();
    }
    expect(types).toEqual(['started', 'cancelled']);
  });

  test('a job that is aborted before it is resumed is cancelled, and not submitted', async () => {
    const own = await start();
    const reason = new Error('not wanted');
    await expect(collect(own.generate(params, { jobId: ID, signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    await vi.waitFor(() => expect(server.heard.map(({ type }) => type)).toEqual(['hello', 'cancel']));
  });

  test('an abort while a large job is being sent ends it as cancelled', async () => {
    const stopping = new AbortController();
    let finishUpload = () => {};
    const own = await start({
      onRequest(request, response) {
        request.resume();
        finishUpload = () => response.end('{}');
        stopping.abort();
      },
      onMessage(message, link) {
        if (message.type !== 'cancel') return;
        const { jobId } = message;
        if (server.heard.some(({ type }) => type === 'watch')) link.say({ type: 'cancelled', jobId, seq: 2 });
        else link.say({ type: 'error', jobId, code: 'NOT_FOUND', message: 'there is no such job' });
        finishUpload();
      },
    });
    const large = { prompt: 'a lake', initImage: Buffer.alloc(60_000).toString('base64') };
    const events = await collect(own.generate(large, { signal: stopping.signal }));
    expect(events.map(({ type }) => type)).toEqual(['cancelled']);
  });

  test('a reader that leaves early cancels the job: nobody else waits for it', async () => {
    const cancelled = Promise.withResolvers<void>();
    const own = await start({
      onMessage(message, link) {
        if (message.type === 'submit') link.say({ type: 'started', jobId: message.jobId, seq: 1, seeds: [1] });
        if (message.type === 'cancel') cancelled.resolve();
      },
    });
    for await (const event of own.generate(params)) if (event.type === 'started') break;
    await cancelled.promise;
  });

  test('a reader that leaves a job which outlives it cancels nothing; neither does one that leaves at the end', async () => {
    const own = await start({
      onMessage(message, link) {
        if (message.type === 'submit') link.say({ type: 'started', jobId: message.jobId, seq: 1, seeds: [1] });
        if (message.type === 'ack') link.say({ type: 'cancelled', jobId: ID, seq: 2 });
      },
    });
    for await (const event of own.generate(params, { outlivesReader: true })) if (event.type === 'started') break;
    // Everything that was sent before is heard by the time that this job ends.
    for await (const event of own.generate(params, { jobId: ID })) {
      own.ack(ID);
      if (event.type === 'cancelled') break;
    }
    own.ack(ID);
    await expect.poll(() => server.heard.filter(({ type }) => type === 'ack').length).toBeGreaterThan(1);
    expect(server.heard.map(({ type }) => type)).not.toContain('cancel');
  });

  test('an input picture is too large for a frame: it goes by PUT, then the job is watched', async () => {
    const bodies: string[] = [];
    const own = await start({
      onRequest(request, response) {
        expect([request.method, request.headers.authorization]).toEqual(['PUT', 'Bearer secret']);
        request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
        request.on('end', () => response.writeHead(201).end('{}'));
      },
      onMessage(message, link) {
        if (message.type === 'watch') link.say({ type: 'cancelled', jobId: message.jobId, seq: 1 });
      },
    });
    const initImage = Buffer.alloc(100_000, 1).toString('base64');
    await collect(own.generate({ ...params, initImage }));
    expect(JSON.parse(bodies.join(''))).toEqual({ ...params, initImage, seed: expect.any(Number) });
    expect(server.heard.map(({ type }) => type)).toEqual(['hello', 'watch']);
  });
});

describe('a server that is asked too much', () => {
  const refusal = { type: 'error', code: 'RATE_LIMITED', message: 'at most 60 new jobs a minute; try again later' };
  const submits = () => server.heard.filter((message) => message.type === 'submit');

  test('is asked again for the same job when it says so, and the job is made', async () => {
    const own = await start({
      onMessage: onSubmit((jobId, link) => {
        if (submits().length < 4) link.say({ ...refusal, jobId, retryAfterMs: 1 });
        else link.say({ type: 'completed', jobId, seq: 1, seeds: [7], timings: { queuedMs: 0, totalMs: 1 } });
      }),
    });
    const events = await collect(own.generate(params));
    expect(events.map(({ type }) => type)).toEqual(['completed']);
    const [first, ...others] = submits();
    expect(others).toEqual([first, first, first]);
  });

  test('is not asked before the time that it says', async () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => setTimer.mockRestore());
    const own = await start({
      onMessage: onSubmit((jobId, link) => link.say({ ...refusal, jobId, retryAfterMs: 59_000 })),
    });
    const reading = collect(own.generate(params));
    reading.catch(() => {}); // closing ends it
    await expect.poll(() => setTimer.mock.calls.filter(([, ms]) => (ms ?? 0) >= 59_000)).toHaveLength(1);
    expect(submits()).toHaveLength(1);
  });

  test('about a job that runs: it goes on where it was', async () => {
    const own = await start({
      onMessage(message, link) {
        if (message.type === 'submit') {
          link.say({ type: 'started', jobId: ID, seq: 1, seeds: [7] });
          link.say({ ...refusal, jobId: ID, retryAfterMs: 1 });
        }
        if (message.type === 'watch') link.say({ type: 'cancelled', jobId: ID, seq: (message.afterSeq ?? 0) + 1 });
      },
    });
    const events = await collect(own.generate(params, { jobId: ID }));
    expect(events.map(({ type, seq }) => [type, seq])).toEqual([
      ['started', 1],
      ['cancelled', 2],
    ]);
  });

  test('for a large job, which is sent again by HTTP', async () => {
    let puts = 0;
    const own = await start({
      onRequest(request, response) {
        request.resume();
        const { code, message } = refusal;
        if (++puts === 2) response.writeHead(201).end('{}');
        else response.writeHead(429).end(JSON.stringify({ error: { code, message, retryAfterMs: 1 } }));
      },
      onMessage(message, link) {
        if (message.type === 'watch') link.say({ type: 'cancelled', jobId: message.jobId, seq: 1 });
      },
    });
    const initImage = Buffer.alloc(60_000).toString('base64');
    expect((await collect(own.generate({ ...params, initImage }))).map(({ type }) => type)).toEqual(['cancelled']);
    expect(puts).toBe(2);
  });

  test('a job that waits for it is cancelled at once', async () => {
    const own = await start({
      onMessage(message, link) {
        const { type, jobId } = message as { type: string; jobId: string };
        if (type === 'submit') link.say({ ...refusal, jobId, retryAfterMs: 60_000 });
        // Also where the server says that there is nothing to cancel.
        if (type === 'cancel') link.say({ type: 'error', jobId, code: 'NOT_FOUND', message: 'there is no such job' });
        // Said after the refusal, so it is heard after it.
        if (type === 'submit') link.sayBytes(encodePreview(PREVIEW, Uint8Array.of(1, 2, 3)));
      },
    });
    const stopping = new AbortController();
    const types: string[] = [];
    for await (const event of own.generate(params, { jobId: ID, signal: stopping.signal })) {
      types.push(event.type);
      stopping.abort();
    }
    expect(types).toEqual(['preview', 'cancelled']);
    expect(submits()).toHaveLength(1);
  });
});

const PREVIEW = {
  ...{ type: 'preview' as const, jobId: ID, seq: 1, image: 0, step: 1, width: 1, height: 1, format: 'rgb' as const },
};

describe('download', () => {
  const image: ImageEvent = {
    type: 'image',
    jobId: ID,
    seq: 3,
    n: 0,
    seed: 1,
    sha256,
    bytes: picture.length,
    width: 1,
    height: 1,
    format: 'png',
    href: '/jobs/x/images/0',
  };

  test('gives the bytes when their hash is the announced one', async () => {
    const own = await start({ onRequest: (_, response) => response.end(picture) });
    expect(Buffer.from(await own.download(image)).equals(picture)).toBe(true);
  });

  test('refuses bytes that are not', async () => {
    const own = await start({ onRequest: (_, response) => response.end('something else') });
    await expect(own.download(image)).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      message: expect.stringMatching(/hash/),
    });
  });

  test('tells the server’s refusal in its own words', async () => {
    const body = JSON.stringify({ error: { code: 'NOT_FOUND', message: 'gone' } });
    const own = await start({ onRequest: (_, response) => response.writeHead(404).end(body) });
    await expect(own.download(image)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'gone' });
  });
});

describe('connect', () => {
  const refused = async (refuse: FakeServerOptions['refuse']) => {
    server = await startFakeServer(refuse === undefined ? {} : { refuse });
    return connect({ url: server.url });
  };

  test('a wrong token', async () => {
    const body = JSON.stringify({ error: { code: 'UNAUTHORIZED', message: 'the token is missing or wrong' } });
    await expect(refused({ status: 401, body })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await server.close();
    await expect(refused({ status: 401 })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test.each([
    ['in its own name', 404, { 'ngrok-error-code': 'ERR_NGROK_3200' }, '', 'CONNECTION_FAILED', /ERR_NGROK_3200/],
    ['for good', 402, { 'ngrok-error-code': 'ERR_NGROK_727' }, '', 'TUNNEL_REFUSED', /month.*ERR_NGROK_727/],
    ['for a server that is down', 502, {}, 'failed to dial backend: refused', 'CONNECTION_FAILED', /BACKEND_DOWN/],
    ['with a code of its own', 500, { 'ngrok-error-code': 'ERR_NGROK_9' }, '', 'CONNECTION_FAILED', /err_ngrok_9 /],
  ])('a tunnel that answers %s', async (_, status, headers, body, code, message) => {
    const error = expect.objectContaining({ code, message: expect.stringMatching(message) });
    await expect(refused({ status, headers, body })).rejects.toEqual(error);
  });

  test('something else that lives there', async () => {
    await expect(refused({ status: 200 })).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  test('nobody there', async () => {
    const own = await start();
    const { url } = own;
    await own.close();
    await server.close();
    await expect(connect({ url })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    server = await startFakeServer();
  });
});

test('onBytes hears of every frame and every piece of a picture, also of what comes to nothing', async () => {
  const jobId = ID;
  const preview = { jobId, seq: 1, image: 0, step: 1, width: 8, height: 8, format: 'rgb' } as const;
  const frames = [encodePreview({ type: 'preview', ...preview }, new Uint8Array(192)), Uint8Array.of(0, 0)];
  const messages = [
    { type: 'started', jobId, seq: 1, seeds: [7] },
    { type: 'a message of a newer server', jobId, text: '湖' },
    { type: 'cancelled', jobId, seq: 2 },
  ];
  server = await startFakeServer({
    onMessage: onSubmit((_, link) => {
      for (const frame of frames) link.sayBytes(frame);
      for (const message of messages) link.say(message);
    }),
    onRequest: (_, response) => response.end(picture),
  });
  let heard = 0;
  const onBytes = (bytes: number) => {
    heard += bytes;
  };
  client = await connect({ url: server.url, onBytes });
  await collect(client.generate(params, { jobId }));
  await client.download({ n: 0, sha256, href: '/final' } as ImageEvent);
  const texts = [WELCOME, ...messages].map((message) => Buffer.byteLength(JSON.stringify(message)));
  const sent = [...texts, ...frames.map(({ length }) => length), picture.length];
  expect(heard).toBe(sent.reduce((sum, length) => sum + length));
});
