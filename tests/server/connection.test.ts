import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ServerMessage } from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { openConnection } from '../../src/server/connection.js';
import { createPreviewCache, type PreviewEncoder } from '../../src/server/preview-cache.js';
import { type ClientEnd, createLinkedPair } from '../support/server-linked-pair.js';
import { createServerRig, type ServerRig } from '../support/server-rig.js';

const RGB = { maxWidth: 64, maxHeight: 64, format: 'rgb', maxPerSecond: 60 } as const;
const PARAMS: GenerationRequest = { prompt: 'a lake', steps: 2, seed: 5 };

const passThrough: PreviewEncoder = async ({ width, height, pixels }) => ({ width, height, bytes: pixels });

function connect(rig: ServerRig, options: { hello?: boolean; helloTimeoutMs?: number } = {}) {
  const { socket, client } = createLinkedPair();
  const previewCache = createPreviewCache(passThrough, rig.metrics);
  const connection = openConnection(socket, { ...rig, previewCache, ...options });
  if (options.hello !== false) client.send({ type: 'hello', protocol: 1, clientId: 'test' });
  return { connection, client };
}

function typesOf(client: ClientEnd): string[] {
  return client.messages.map(({ type }) => type);
}

function lastOf(client: ClientEnd): ServerMessage | undefined {
  return client.messages.at(-1);
}

describe('hello', () => {
  it('is answered with what the server is', async () => {
    const rig = await createServerRig();
    const { client } = connect(rig);
    expect(client.messages).toMatchObject([
      { type: 'welcome', protocol: 1, server: 'safelight/test', epoch: rig.epoch, capabilities: { device: 'fake' } },
    ]);
  });

  it('must come first', async () => {
    const { client } = connect(await createServerRig(), { hello: false });
    client.send({ type: 'submit', jobId: randomUUID(), params: PARAMS });
    expect(lastOf(client)).toMatchObject({
      type: 'error',
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('hello'),
    });
    expect(client.closedWith).toBeUndefined();
  });

  it('must come in time', async () => {
    const { client } = connect(await createServerRig(), { hello: false, helloTimeoutMs: 5 });
    await vi.waitFor(() => expect(client.closedWith).toBe(4010));
  });

  it('that came in time lets the connection stay', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { client } = connect(await createServerRig(), { helloTimeoutMs: 5 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.closedWith).toBeUndefined();
  });

  it('of another protocol version is refused for good', async () => {
    const { client } = connect(await createServerRig(), { hello: false });
    client.send({ type: 'hello', protocol: 2, clientId: 'test' });
    expect(lastOf(client)).toMatchObject({ type: 'error', code: 'UNSUPPORTED' });
    expect(client.closedWith).toBe(4503);
  });
});

describe('submit', () => {
  it('is watched at once, to its end, without a gap', async () => {
    const { client } = connect(await createServerRig({ steps: 2 }));
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: PARAMS });
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('completed'));
    expect(typesOf(client)).toEqual([
      ...['welcome', 'queued', 'started', 'stage', 'progress', 'progress', 'image', 'completed'],
    ]);
    expect(client.messages.slice(1)).toMatchObject([1, 2, 3, 4, 5, 6, 7].map((seq) => ({ jobId, seq })));
    expect(client.previews).toEqual([]);
  });

  it.each([
    ['INVALID_PARAMS', { prompt: 'x', steps: 0 }],
    ['INVALID_PARAMS', { prompt: 'x', stpes: 3 }],
    ['MODEL_NOT_FOUND', { prompt: 'x', model: 'other' }],
  ])('with wrong parameters is refused as %s, and the socket stays open', async (code, params) => {
    const { client } = connect(await createServerRig());
    const jobId = randomUUID();
    client.sendRaw(JSON.stringify({ type: 'submit', jobId, params }));
    expect(lastOf(client)).toMatchObject({ type: 'error', jobId, code });
    expect(client.closedWith).toBeUndefined();
  });

  it.each([
    ['18446744073709551615', 4294967295],
    ['9007199254740993', 1],
    ['"9007199254740993"', 1],
  ])('takes a seed of 64 bits, %s as %i', async (wide, seed) => {
    const { client } = connect(await createServerRig({ steps: 2 }));
    const params = `{"prompt":"x","steps":2,"seed":${wide},"branchStep":1,"branchSeed":${wide}}`;
    client.sendRaw(`{"type":"submit","jobId":"${randomUUID()}","params":${params}}`);
    await vi.waitFor(() => expect(lastOf(client)).toMatchObject({ type: 'completed', seeds: [seed] }));
    expect(client.messages.find(({ type }) => type === 'image')).toMatchObject({ seed });
  });

  it('refuses the seed -1 in words: a job that is sent twice must be the same', async () => {
    const { client } = connect(await createServerRig());
    client.sendRaw(`{"type":"submit","jobId":"${randomUUID()}","params":{"prompt":"x","seed":-1}}`);
    const message = expect.stringContaining(
      'seed: must be a whole number from 0 to 18446744073709551615; leave it out',
    );
    expect(lastOf(client)).toMatchObject({ type: 'error', code: 'INVALID_PARAMS', message });
  });

  it('twice is one job; with other parameters it is a conflict', async () => {
    const { client } = connect(await createServerRig({ steps: 2 }));
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: PARAMS });
    client.send({ type: 'submit', jobId, params: PARAMS });
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 3 } });
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('completed'));
    expect(typesOf(client).filter((type) => type === 'queued').length).toBe(1);
    expect(client.messages.find(({ type }) => type === 'error')).toMatchObject({ jobId, code: 'CONFLICT' });
  });
});

describe('watch', () => {
  it('replays what came after, each event once, when the epoch is this one', async () => {
    const rig = await createServerRig({ steps: 1 });
    const first = connect(rig).client;
    const jobId = randomUUID();
    first.send({ type: 'submit', jobId, params: PARAMS });
    await vi.waitFor(() => expect(lastOf(first)).toMatchObject({ type: 'progress', seq: 4 }));
    first.drop();
    const second = connect(rig).client;
    second.send({ type: 'watch', jobId, epoch: rig.epoch, afterSeq: 3 });
    rig.engine.allow(1);
    await vi.waitFor(() => expect(lastOf(second)?.type).toBe('completed'));
    expect(second.messages.slice(1)).toMatchObject([4, 5, 6, 7].map((seq) => ({ jobId, seq })));
    expect(first.messages.length).toBe(5);
  });

  it.each([
    ['of another epoch', 'another', 2],
    ['beyond the log', undefined, 99],
  ])('%s starts from the beginning', async (_, epoch, afterSeq) => {
    const rig = await createServerRig({ steps: 2 });
    const { client } = connect(rig);
    const { job } = rig.queue.submit(randomUUID(), { ...PARAMS_FILLED });
    await vi.waitFor(() => expect(job.ended).toBe(true));
    client.send({ type: 'watch', jobId: job.id, epoch: epoch ?? rig.epoch, afterSeq });
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('completed'));
    expect(client.messages[1]).toMatchObject({ type: 'queued', seq: 1 });
  });

  it('by one who has every event so far gets the next, and none again', async () => {
    const rig = await createServerRig({ steps: 1 });
    const jobId = randomUUID();
    const { job } = rig.queue.submit(jobId, PARAMS_FILLED);
    await vi.waitFor(() => expect(job.seq).toBe(4));
    const { client } = connect(rig);
    client.send({ type: 'watch', jobId, epoch: rig.epoch, afterSeq: 4 });
    rig.engine.allow(1);
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('completed'));
    expect(client.messages.slice(1)).toMatchObject([5, 6, 7].map((seq) => ({ seq })));
  });

  it('of an unknown job is refused; unwatch stops the events', async () => {
    const rig = await createServerRig({ steps: 1 });
    const { client } = connect(rig);
    const unknown = randomUUID();
    client.send({ type: 'watch', jobId: unknown });
    expect(lastOf(client)).toMatchObject({ type: 'error', code: 'NOT_FOUND', jobId: unknown });
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: PARAMS });
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('progress'));
    client.send({ type: 'unwatch', jobId });
    rig.engine.allow(1);
    await vi.waitFor(() => expect(rig.queue.get(jobId).ended).toBe(true));
    expect(lastOf(client)).toMatchObject({ type: 'progress', step: 1 });
  });
});

const PARAMS_FILLED = {
  prompt: 'a lake',
  negativePrompt: '',
  width: 512,
  height: 512,
  steps: 2,
  count: 1,
  clipSkip: 1,
  format: 'png',
} as const;

describe('cancel and ack', () => {
  it('cancel ends the job, again and again', async () => {
    const { client } = connect(await createServerRig());
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: PARAMS });
    client.send({ type: 'cancel', jobId });
    client.send({ type: 'cancel', jobId });
    await vi.waitFor(() => expect(lastOf(client)?.type).toBe('cancelled'));
    expect(typesOf(client)).not.toContain('error');
  });

  it('ack tells that the pictures are safe', async () => {
    const rig = await createServerRig({ steps: 2 });
    const { client } = connect(rig);
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: PARAMS });
    client.send({ type: 'ack', jobId });
    expect(rig.queue.get(jobId).acknowledged).toBe(true);
  });
});

describe('previews', () => {
  it('come after their events, one at a time, the next only after the ack, the newest only', async () => {
    const rig = await createServerRig({ steps: 1 });
    const { client } = connect(rig);
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 9 } });
    await vi.waitFor(() => expect(client.previews.length).toBe(1));
    const [first] = client.previews;
    expect(first.header).toMatchObject({ jobId, seq: 4, image: 0, step: 1, width: 2, height: 1, format: 'rgb' });
    expect([...first.payload]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(client.messages[first.after - 1]).toMatchObject({ seq: 4 });

    rig.engine.allow(5);
    await vi.waitFor(() => expect(lastOf(client)).toMatchObject({ type: 'progress', step: 6 }));
    client.send({ type: 'previewAck', jobId, seq: 3 }); // not the one that is out
    rig.engine.allow(1);
    // Sending takes a turn of the loop: by the next event a preview that was not held back would be here.
    await vi.waitFor(() => expect(lastOf(client)).toMatchObject({ type: 'progress', step: 7 }));
    expect(client.previews.length).toBe(1);
    client.send({ type: 'previewAck', jobId, seq: 4 });
    await vi.waitFor(() => expect(client.previews.length).toBe(2));
    expect(client.previews[1].header).toMatchObject({ step: 7 });
  });

  it('are not made when nobody looks, and the wish may change', async () => {
    const rig = await createServerRig({ steps: 1 });
    const { client } = connect(rig);
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 9 } });
    await vi.waitFor(() => expect(rig.engine.previewRates).toEqual([0]));
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: { ...RGB, maxPerSecond: 7 } });
    rig.engine.allow(1);
    await vi.waitFor(() => expect(rig.engine.previewRates).toEqual([0, 7]));
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: { format: 'none' } });
    rig.engine.allow(1);
    await vi.waitFor(() => expect(rig.engine.previewRates).toEqual([0, 7, 0]));
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    client.drop();
    rig.engine.allow(1);
    await vi.waitFor(() => expect(rig.engine.previewRates).toEqual([0, 7, 0, 0]));
    expect(typesOf(client).filter((type) => type === 'welcome').length).toBe(1);
  });

  it.each([1e-9, 5e-324])('at %d a second wait for longer than any timer, and cost nothing meanwhile', async (rate) => {
    const rig = await createServerRig({ steps: 2 });
    const { client } = connect(rig);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: { ...RGB, maxPerSecond: rate } });
    const jobId = randomUUID();
    const reaches = (step: number) =>
      vi.waitFor(() => expect(lastOf(client)).toMatchObject({ type: 'progress', step }), { timeout: 10_000 });
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 9 } });
    for (const step of [2, 3]) {
      await reaches(step);
      for (const { header } of client.previews) client.send({ type: 'previewAck', jobId, seq: header.seq });
      rig.engine.allow(1);
    }
    await reaches(4);
    expect(warnings).toEqual([]);
  });

  it('newest one is sent again to who comes back', async () => {
    const rig = await createServerRig({ steps: 3 });
    const { client } = connect(rig);
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 9 } });
    await vi.waitFor(() => expect(lastOf(client)).toMatchObject({ type: 'progress', step: 3 }));
    client.drop();
    const second = connect(rig).client;
    second.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    second.send({ type: 'watch', jobId, epoch: rig.epoch, afterSeq: 5 });
    await vi.waitFor(() => expect(second.previews).toMatchObject([{ header: { step: 3, seq: 6 } }]));
    expect(second.previews[0].after).toBe(second.messages.length);
    expect(second.messages.slice(1)).toMatchObject([{ seq: 6 }]);
    // Whoever missed no event gets it at once, and not with the next one.
    const third = connect(rig).client;
    third.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    third.send({ type: 'watch', jobId, epoch: rig.epoch, afterSeq: 6 });
    await vi.waitFor(() => expect(third.previews).toMatchObject([{ header: { step: 3, seq: 6 } }]));
  });
});

describe('a slow network', () => {
  it('holds up its own watcher only, who then gets every event in order', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0); // else it may be late, and spared some
    onTestFinished(() => now.mockRestore());
    const rig = await createServerRig({ steps: 2 });
    const slow = connect(rig).client;
    const fast = connect(rig).client;
    const jobId = randomUUID();
    slow.hold();
    slow.send({ type: 'submit', jobId, params: PARAMS });
    fast.send({ type: 'watch', jobId });
    await vi.waitFor(() => expect(lastOf(fast)?.type).toBe('completed'));
    expect(slow.messages.length).toBe(2);
    slow.release();
    await vi.waitFor(() => expect(lastOf(slow)?.type).toBe('completed'));
    expect(slow.messages.slice(1)).toEqual(fast.messages.slice(1));
  });
});

describe('nonsense', () => {
  it.each([
    ['{"type":"dance"}', 'BAD_MESSAGE'],
    ['{"type":"cancel","jobId":"no-uuid"}', 'BAD_MESSAGE'],
    ['[]', 'BAD_MESSAGE'],
    ['null', 'BAD_MESSAGE'],
  ])('%s is refused and the socket stays open', async (text, code) => {
    const { client } = connect(await createServerRig());
    client.sendRaw(text);
    expect(lastOf(client)).toMatchObject({ type: 'error', code });
    expect(client.closedWith).toBeUndefined();
  });

  it.each([['text that is no JSON'], [new Uint8Array([0, 1, 2, 255])]])('%s closes the socket', async (data) => {
    const { client } = connect(await createServerRig());
    client.sendRaw(data);
    expect(lastOf(client)).toMatchObject({ type: 'error', code: 'BAD_MESSAGE' });
    expect(client.closedWith).toBe(4502);
  });
});

it('says bye when the server goes', async () => {
  const { connection, client } = connect(await createServerRig());
  connection.bye('the server is stopping', 1000);
  expect(lastOf(client)).toMatchObject({ type: 'bye', retryAfterMs: 1000 });
  expect(client.closedWith).toBe(1012);
});

describe('too many messages', () => {
  it('are refused with when to come back, and acknowledged previews do not count', async () => {
    const rig = await createServerRig({ limits: { messagesPerSecond: 5 } });
    const { client } = connect(rig); // hello is the first of them
    client.send({ type: 'hello', protocol: 1, clientId: 'test', preview: RGB });
    const jobId = randomUUID();
    client.send({ type: 'submit', jobId, params: { ...PARAMS, steps: 99 } });
    const patience = { interval: 2, timeout: 10_000 };
    for (let step = 1; step <= 20; step++) {
      rig.engine.allow(1);
      await vi.waitFor(() => expect(client.previews.length).toBe(step), patience);
      client.send({ type: 'previewAck', jobId, seq: client.previews[step - 1].header.seq });
    }
    expect(typesOf(client)).not.toContain('error');
    // No time passes between the messages, in which more would be allowed.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    onTestFinished(() => now.mockRestore());
    for (let i = 0; i < 6; i++) client.send({ type: 'unwatch', jobId });
    expect(lastOf(client)).toMatchObject({ type: 'error', code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    expect(client.closedWith).toBeUndefined();
  });

  it('without end close the socket', async () => {
    const { client } = connect(await createServerRig({ limits: { messagesPerSecond: 1 } }));
    for (let i = 0; i < 300 && client.closedWith === undefined; i++) client.sendRaw('{"type":"nonsense"}');
    expect(client.closedWith).toBe(4029);
  });
});
