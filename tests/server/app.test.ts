import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ErrorBodySchema, SafelightError } from '../../src/protocol/errors.js';
import { CapabilitiesSchema, JobSnapshotSchema } from '../../src/protocol/messages.js';
import { createApp } from '../../src/server/app.js';
import { createAuthorize } from '../../src/server/auth.js';
import type { ServerLimits } from '../../src/server/limits.js';
import { createTokenBucket } from '../../src/server/token-bucket.js';
import { fakeBytes } from '../support/fake-engine.js';
import { createServerRig } from '../support/server-rig.js';

async function createRig(
  options: { steps?: number; notes?: string[]; token?: string; limits?: Partial<ServerLimits> } = {},
) {
  const rig = await createServerRig(options);
  const app = createApp({
    ...rig,
    authorize: createAuthorize({ token: options.token, failures: createTokenBucket(20, 60_000) }),
  });
  const put = (id: string, body: unknown) => app.request(`/jobs/${id}`, { method: 'PUT', body: JSON.stringify(body) });
  const generate = (body: unknown, init: RequestInit = {}) =>
    app.request('/generate', { method: 'POST', body: JSON.stringify(body), ...init });
  return { ...rig, app, put, generate };
}

async function errorOf(answer: Response | Promise<Response>): Promise<[number, string]> {
  const response = await answer;
  const { error } = z.strictObject({ error: ErrorBodySchema }).parse(await response.json());
  return [response.status, error.code];
}

describe('/healthz', () => {
  it('is open and says nothing more', async () => {
    const { app } = await createRig({ token: 'secret' });
    const response = await app.request('/healthz');
    expect([response.status, await response.text()]).toEqual([200, '{"ok":true}']);
  });
});

describe('/throughput', () => {
  it('is as long as it says, never twice the same, and needs the token', async () => {
    const { app } = await createRig({ token: 'secret' });
    const headers = { authorization: 'Bearer secret' };
    const read = async () => Buffer.from(await (await app.request('/throughput', { headers })).arrayBuffer());
    const [first, second] = [await read(), await read()];
    expect(first.length).toBe(256 * 1024);
    expect(first.equals(second)).toBe(false);
    expect((await app.request('/throughput')).status).toBe(401);
  });
});

describe('the token', () => {
  it.each(['/jobs', '/capabilities', `/jobs/${randomUUID()}`, '/nothing-here'])('is needed for %s', async (path) => {
    const { app } = await createRig({ token: 'secret' });
    const withAuth = (authorization: string) => app.request(path, { headers: { authorization } });
    expect(await errorOf(app.request(path))).toEqual([401, 'UNAUTHORIZED']);
    expect(await errorOf(withAuth('Bearer wrong'))).toEqual([401, 'UNAUTHORIZED']);
    expect(await errorOf(withAuth('Basic c2VjcmV0'))).toEqual([401, 'UNAUTHORIZED']);
    expect((await withAuth('Bearer secret')).status).not.toBe(401);
  });

  it('does not help a web page', async () => {
    const { app } = await createRig({ token: 'secret' });
    const headers = { authorization: 'Bearer secret', origin: 'https://evil.example' };
    expect(await errorOf(app.request('/jobs', { headers }))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('an allowed web page', () => {
  it('is answered what browsers ask for, and another one is not', async () => {
    const rig = await createServerRig();
    const allowedOrigins = ['https://our.example'];
    const failures = createTokenBucket(20, 60_000);
    const authorize = createAuthorize({ token: 'secret', failures, allowedOrigins });
    const app = createApp({ ...rig, authorize, allowedOrigins });
    const preflight = (origin: string) =>
      app.request('/jobs', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await preflight('https://our.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://our.example');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const headers = { authorization: 'Bearer secret', origin: 'https://our.example' };
    const answer = await app.request('/jobs', { headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, 'https://our.example']);
  });
});

describe('jobs', () => {
  it('are put once: 201, then 200 with the state, 409 for other parameters', async () => {
    const { put, engine, app, epoch } = await createRig();
    const id = randomUUID();
    const first = await put(id, { prompt: 'a lake', steps: 2, seed: 4 });
    expect(first.status).toBe(201);
    expect(JobSnapshotSchema.parse(await first.json())).toMatchObject({ jobId: id, epoch, seeds: [4], images: [] });
    expect((await put(id, { params: { prompt: 'a lake', seed: 4, steps: 2 } })).status).toBe(200);
    expect(await errorOf(put(id, { prompt: 'a lake', steps: 3, seed: 4 }))).toEqual([409, 'CONFLICT']);
    engine.allow(2);
    await vi.waitFor(async () => {
      const snapshot = JobSnapshotSchema.parse(await (await app.request(`/jobs/${id}`)).json());
      expect(snapshot).toMatchObject({
        state: 'completed',
        progress: { step: 2, steps: 2 },
        images: [{ n: 0, seed: 4 }],
      });
    });
    expect(await (await app.request('/jobs')).json()).toMatchObject({ jobs: [{ jobId: id }] });
  });

  it('are deleted as often as one likes', async () => {
    const { put, app } = await createRig();
    const id = randomUUID();
    await put(id, { prompt: 'a lake' });
    const remove = () => app.request(`/jobs/${id}`, { method: 'DELETE' });
    expect((await remove()).status).toBe(200);
    await vi.waitFor(async () => expect(await (await remove()).json()).toMatchObject({ state: 'cancelled' }));
  });

  it('that wait are cancelled when the answer says so', async () => {
    const { put, app } = await createRig();
    const [running, waiting] = [randomUUID(), randomUUID()];
    for (const id of [running, waiting]) await put(id, { prompt: 'a lake' });
    const remove = async () => (await app.request(`/jobs/${waiting}`, { method: 'DELETE' })).json();
    expect(await Promise.all([remove(), remove()])).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
  });

  it('tell why they failed', async () => {
    const { put, app, engine } = await createRig();
    const id = randomUUID();
    await put(id, { prompt: 'a lake' });
    engine.breakWith(new SafelightError('OUT_OF_MEMORY', 'not enough memory'));
    await vi.waitFor(async () => {
      const snapshot = await (await app.request(`/jobs/${id}`)).json();
      expect(snapshot).toMatchObject({ state: 'failed', error: { code: 'OUT_OF_MEMORY' } });
    });
  });

  it.each([
    ['PUT', 'no-uuid', '{"prompt":"x"}', 400, 'BAD_MESSAGE'],
    ['PUT', randomUUID(), 'prompt=x', 400, 'BAD_MESSAGE'],
    ['PUT', randomUUID(), '', 400, 'BAD_MESSAGE'],
    ['PUT', randomUUID(), 'null', 400, 'INVALID_PARAMS'],
    ['PUT', randomUUID(), '{"prompt":""}', 400, 'INVALID_PARAMS'],
    ['PUT', randomUUID(), '{"prompt":"x","steps":101}', 400, 'INVALID_PARAMS'],
    ['PUT', randomUUID(), '{"params":{"prompt":"x"},"more":1}', 400, 'INVALID_PARAMS'],
    ['PUT', randomUUID(), '{"prompt":"x","model":"other"}', 404, 'MODEL_NOT_FOUND'],
    ['PUT', randomUUID(), `{"prompt":"${'x'.repeat(10 * 2 ** 20)}"}`, 400, 'INVALID_PARAMS'],
    ['PUT', randomUUID(), ' '.repeat(41 * 2 ** 20), 413, 'PAYLOAD_TOO_LARGE'],
    ['DELETE', randomUUID(), undefined, 404, 'NOT_FOUND'],
    ['GET', randomUUID(), undefined, 404, 'NOT_FOUND'],
    ['GET', `${randomUUID()}/images/0`, undefined, 404, 'NOT_FOUND'],
  ])('%s %s is refused for its body or id', async (method, path, body, status, code) => {
    const { app, queue } = await createRig();
    expect(await errorOf(app.request(`/jobs/${path}`, { method, body }))).toEqual([status, code]);
    expect(queue.list()).toEqual([]);
  });

  it('beyond the queue are refused', async () => {
    const { put } = await createRig({ limits: { queue: 1 } });
    for (let i = 0; i < 2; i++) await put(randomUUID(), { prompt: 'x' });
    expect(await errorOf(put(randomUUID(), { prompt: 'x' }))).toEqual([429, 'QUEUE_FULL']);
  });
});

describe('pictures', () => {
  async function makePicture() {
    const { app, put, queue } = await createRig({ steps: 2 });
    const id = randomUUID();
    await put(id, { prompt: 'a lake', steps: 2, format: 'webp' });
    await vi.waitFor(() => expect(queue.get(id).ended).toBe(true));
    const bytes = Buffer.from(fakeBytes(id, 0));
    const get = (headers: Record<string, string> = {}, n = '0') => app.request(`/jobs/${id}/images/${n}`, { headers });
    return { bytes, get, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` };
  }

  it('come whole, with their hash as ETag', async () => {
    const { bytes, get, etag } = await makePicture();
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('etag')).toBe(etag);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(await errorOf(get({}, '1'))).toEqual([404, 'NOT_FOUND']);
    expect(await errorOf(get({}, '0x0'))).toEqual([404, 'NOT_FOUND']);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=10-', 10, undefined],
    ['bytes=-5', -5, undefined],
    ['bytes=10-99999', 10, undefined],
  ])('come in part for %s', async (range, from, to) => {
    const { bytes, get } = await makePicture();
    const response = await get({ range });
    const part = bytes.subarray(from, to);
    const first = from < 0 ? bytes.length + from : from;
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${first + part.length - 1}/${bytes.length}`);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(part);
  });

  it.each(['bytes=0-1,3-4', 'bytes=9-3', 'lines=1-2', 'bytes=-'])('come whole for the range %s', async (range) => {
    expect((await (await makePicture()).get({ range })).status).toBe(200);
  });

  it('refuse a range beyond their end, and go on only where they are the same', async () => {
    const { get, etag } = await makePicture();
    const beyond = await get({ range: 'bytes=9999-' });
    expect(beyond.headers.get('content-range')).toMatch(/^bytes \*\/\d+$/);
    expect(await errorOf(beyond)).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    expect((await get({ range: 'bytes=3-', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=3-', 'if-range': '"other"' })).status).toBe(200);
  });

  it('are not sent again to who has them', async () => {
    const { get, etag } = await makePicture();
    const response = await get({ 'if-none-match': `"other", W/${etag}` });
    expect([response.status, await response.text()]).toEqual([304, '']);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });
});

describe('POST /generate', () => {
  it('waits and answers with the pictures', async () => {
    const { generate, queue } = await createRig({ steps: 16 });
    const response = await generate({
      prompt: 'a lake',
      params: { steps: 8, width: 256, height: 256, seed: 3, count: 2 },
    });
    const [{ id }] = queue.list();
    const images = [0, 1].map((n) => Buffer.from(fakeBytes(id, n)).toString('base64'));
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        image_base64: images[0],
        seed: 3,
        images_base64: images,
        seeds: [3, 4],
        timings: { queuedMs: expect.any(Number), totalMs: expect.any(Number) },
      },
    ]);
  });

  it('answers with the notes, where there are any', async () => {
    const { generate } = await createRig({ steps: 16, notes: ['The mask is all white.'] });
    const response = await generate({ prompt: 'a lake', params: { steps: 8, width: 256, height: 256 } });
    expect(await response.json()).toMatchObject({ notes: ['The mask is all white.'] });
  });

  it('answers with the code of what went wrong', async () => {
    const { generate, engine, lines } = await createRig();
    const failing = generate({ prompt: 'a lake' });
    engine.breakWith(new Error('a bug'));
    expect(await errorOf(failing)).toEqual([500, 'INTERNAL']);
    expect(lines.join()).toContain('a bug');
    expect(await errorOf(generate({ prompt: 'a lake', nonsense: 1 }))).toEqual([400, 'INVALID_PARAMS']);
  });

  it('cancels its job when the caller hangs up', async () => {
    const { generate, queue, engine } = await createRig();
    const caller = new AbortController();
    const answer = generate({ prompt: 'a lake' }, { signal: caller.signal });
    await vi.waitFor(() => expect(engine.runs.length).toBe(1));
    caller.abort();
    expect(await errorOf(answer)).toEqual([409, 'CANCELLED']);
    expect(queue.list()).toMatchObject([{ state: 'cancelled' }]);
  });
});

it('tells its capabilities', async () => {
  const { app, put } = await createRig();
  await put(randomUUID(), { prompt: 'x' });
  const body = CapabilitiesSchema.parse(await (await app.request('/capabilities')).json());
  expect(body).toMatchObject({ protocol: 1, device: 'fake', queueLength: 1 });
});

describe('seeds of 64 bits', () => {
  // Not JSON.stringify: it cannot write them as number literals.
  const putText = (app: Awaited<ReturnType<typeof createRig>>['app'], id: string, body: string) =>
    app.request(`/jobs/${id}`, { method: 'PUT', body });

  it.each([
    ['18446744073709551615', 4294967295],
    ['9007199254740993', 1],
    ['"18446744073709551615"', 4294967295],
    ['"9007199254740993"', 1],
  ])('PUT takes %s as the seed %i', async (seed, narrow) => {
    const { app } = await createRig();
    const fields = `"seed":${seed},"count":2`;
    for (const body of [`{"prompt":"x",${fields}}`, `{"params":{"prompt":"x",${fields}}}`]) {
      const answer = await putText(app, randomUUID(), body);
      expect(answer.status).toBe(201);
      expect(JobSnapshotSchema.parse(await answer.json()).seeds).toEqual([narrow, (narrow + 1) % 2 ** 32]);
    }
  });

  it('that choose the same noise are the same job', async () => {
    const { app } = await createRig();
    const id = randomUUID();
    const put = async (seed: string) => (await putText(app, id, `{"prompt":"x","seed":${seed}}`)).status;
    const wide = ['4294967303', '"4294967303"', '18446744069414584327'];
    expect(await put('7')).toBe(201);
    for (const seed of wide) expect(await put(seed)).toBe(200);
    expect(await put('8')).toBe(409);
  });

  it.each(['18446744073709551615', '"9007199254740993"'])('POST /generate answers for %s', async (seed) => {
    const { app } = await createRig({ steps: 9 });
    const body = `{"prompt":"x","params":{"steps":1,"seed":${seed}}}`;
    const answer = await app.request('/generate', { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ seed: Number(BigInt.asUintN(32, BigInt(seed.replaceAll('"', '')))) });
  });

  it('-1 is random where a call waits for its answer, and refused in words where a job may be sent twice', async () => {
    const { app, generate, put } = await createRig({ steps: 9 });
    const seeds = new Set<number>();
    for (let i = 0; i < 3; i++) {
      const { seed } = (await (await generate({ prompt: 'x', steps: 1, seed: -1 })).json()) as { seed: number };
      seeds.add(seed);
    }
    expect(seeds.size).toBeGreaterThan(1);
    const refused = await put(randomUUID(), { prompt: 'x', seed: -1 });
    expect(await refused.clone().text()).toContain('leave it out for a random one');
    expect(await errorOf(refused)).toEqual([400, 'INVALID_PARAMS']);
    expect((await putText(app, randomUUID(), '{"prompt":"x","seed":-9007199254740993}')).status).toBe(400);
  });
});

it('knows no other routes', async () => {
  const { app } = await createRig();
  expect(await errorOf(app.request('/etc/passwd'))).toEqual([404, 'NOT_FOUND']);
  expect(await errorOf(app.request('/generate'))).toEqual([404, 'NOT_FOUND']);
});

describe('limits', () => {
  it('on new jobs a minute: 429 and when to come back; the same job again is free', async () => {
    const { put } = await createRig({ limits: { submitsPerMinute: 2 } });
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    expect([(await put(ids[0], { prompt: 'x' })).status, (await put(ids[1], { prompt: 'x' })).status]).toEqual([
      201, 201,
    ]);
    expect((await put(ids[0], { prompt: 'x' })).status).toBe(200);
    const refused = await put(ids[2], { prompt: 'x' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(29);
    expect(await errorOf(refused)).toEqual([429, 'RATE_LIMITED']);
  });

  it('on waiting jobs: 429 and when to come back', async () => {
    const { put } = await createRig({ limits: { queue: 1 } });
    for (const id of [randomUUID(), randomUUID()]) await put(id, { prompt: 'x' });
    const refused = await put(randomUUID(), { prompt: 'x' });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await errorOf(refused)).toEqual([429, 'QUEUE_FULL']);
  });

  it('on pixels, after the hires pass: refused with the largest of the same shape', async () => {
    const { put } = await createRig({ limits: { pixels: 512 * 512 } });
    const messageOf = async (extra: object) => {
      const answer = await put(randomUUID(), { prompt: 'x', ...extra });
      const { error } = (await answer.json()) as { error?: { message: string } };
      return error?.message ?? answer.status;
    };
    const limit = '(262144 pixels)';
    expect(await messageOf({})).toBe(201);
    expect(await messageOf({ width: 2048, height: 128 })).toBe(201);
    expect(await messageOf({ width: 1024, height: 512 })).toBe(
      `width: 1024×512 is larger than this server allows ${limit}; 720×360 fits`,
    );
    expect(await messageOf({ width: 384, height: 384, hiresScale: 2 })).toBe(
      `hiresScale: 768×768 is larger than this server allows ${limit}; 512×512 fits`,
    );
  });

  it('on wrong tokens, which never locks out the right one', async () => {
    const { app } = await createRig({ token: 'secret' });
    const ask = (authorization: string) => app.request('/jobs', { headers: { authorization } });
    for (let i = 0; i < 20; i++) expect((await ask('Bearer wrong')).status).toBe(401);
    const refused = await ask('Bearer wrong');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await errorOf(refused)).toEqual([429, 'RATE_LIMITED']);
    expect((await ask('Bearer secret')).status).toBe(200);
  });
});
