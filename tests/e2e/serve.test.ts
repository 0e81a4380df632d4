/** `safelight serve` with the embedded model: it stays answerable, survives its engine, and speaks the seed's dialect. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/client/client.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { GOLDENS } from '../support/goldens.js';
import { enginePid, type ServeProcess, startServe } from '../support/run-safelight.js';

let server: ServeProcess;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir]);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await rm(dataDir, { recursive: true });
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${server.token}`, ...init.headers } });

const slow: GenerationRequest = { prompt: 'a lake', steps: 100, width: 1024, height: 1024 };
const quick: GenerationRequest = { prompt: 'a lake', steps: 2, width: 256, height: 256 };

describe('POST /generate', () => {
  test('answers as the notebook’s server did', async () => {
    const body = JSON.stringify({ prompt: 'a lake', params: { steps: 8, width: 256, height: 256 } });
    const answer = await ask('/generate', { method: 'POST', body });
    expect(answer.status).toBe(200);
    const { image_base64, seed } = (await answer.json()) as { image_base64: string; seed: number };
    expect(seed).toBeTypeOf('number');
    expect(await sharp(Buffer.from(image_base64, 'base64')).metadata()).toMatchObject({ format: 'png', width: 256 });
  });

  test.each([
    ['a size off range', { prompt: 'x', width: 2056 }],
    ['a size the model cannot do', { prompt: 'x', width: 264 }],
    ['no prompt', { steps: 4 }],
    ['an unknown key', { prompt: 'x', stepz: 4 }],
    ['10 MB of prompt', { prompt: 'x'.repeat(10_000_000) }],
  ])('refuses %s with a 4xx and a code', async (_, body) => {
    const answer = await ask('/generate', { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.json()).toMatchObject({ error: { code: 'INVALID_PARAMS', message: expect.any(String) } });
  });
});

describe('while a job runs', () => {
  test('the server goes on answering, many times within one picture', async () => {
    const client = await connect(server);
    const stopping = new AbortController();
    let answered = 0;
    try {
      for await (const event of client.generate(slow, { signal: stopping.signal })) {
        if (event.type !== 'progress' || stopping.signal.aborted) continue;
        const health = await fetch(`${server.url}/healthz`);
        expect(await health.json()).toEqual({ ok: true });
        answered += 1;
        if (answered === 10) stopping.abort();
      }
    } finally {
      await client.close();
    }
    expect(answered).toBe(10);
  });

  test('an engine that is killed fails its job with a clear message, and the next job works', async () => {
    const client = await connect(server);
    try {
      const events = [];
      for await (const event of client.generate(slow)) {
        if (event.type === 'progress' && event.step === 2) process.kill(enginePid(server), 'SIGKILL');
        events.push(event);
      }
      expect(events.at(-1)).toMatchObject({
        type: 'failed',
        code: 'ENGINE_FAILED',
        message: expect.stringMatching(/SIGKILL/),
      });
      const endings = [];
      for await (const event of client.generate(quick)) endings.push(event.type);
      expect(endings.at(-1)).toBe('completed');
    } finally {
      await client.close();
    }
  });

  test('a cancel over HTTP ends it between two steps', async () => {
    const client = await connect(server);
    const jobId = randomUUID();
    try {
      const types: string[] = [];
      for await (const event of client.generate(slow, { jobId })) {
        types.push(event.type);
        if (event.type === 'progress' && event.step === 2) await ask(`/jobs/${jobId}`, { method: 'DELETE' });
      }
      expect(types.at(-1)).toBe('cancelled');
      expect(types.filter((type) => type === 'progress').length).toBeLessThan(10);
    } finally {
      await client.close();
    }
  });
});

test('previews come while the picture develops, as large as was asked and no larger', async () => {
  const preview = { maxWidth: 40, maxHeight: 30, format: 'rgb', maxPerSecond: 60 } as const;
  const client = await connect({ ...server, preview });
  try {
    const sizes = [];
    for await (const event of client.generate({ prompt: 'a lake', steps: 60, width: 256, height: 256 })) {
      if (event.type === 'preview') sizes.push([event.width, event.height, event.bytes.length]);
    }
    // How many depends on the machine: slow steps leave little time for previews.
    expect(sizes.length).toBeGreaterThan(0);
    expect(new Set(sizes.map(String))).toEqual(new Set(['30,30,2700']));
  } finally {
    await client.close();
  }
});

test('a token is needed', async () => {
  expect((await fetch(`${server.url}/capabilities`)).status).toBe(401);
  expect((await ask('/capabilities')).status).toBe(200);
  await expect(connect({ url: server.url, token: 'wrong' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

describe('two models in one server', () => {
  let two: ServeProcess;
  beforeAll(async () => {
    const models = ['tiny-sd', 'tiny-lcm'].map((name) => join(GOLDENS, name));
    two = await startServe(['--data-dir', dataDir, '--model', ...models]);
  });
  afterAll(() => two.stop());

  const endOf = async (params: GenerationRequest) => {
    const client = await connect(two);
    const stages = new Set<string>();
    try {
      for await (const event of client.generate(params)) {
        if (event.type === 'stage') stages.add(event.name);
        if (event.type === 'completed') return { stages, ids: client.welcome.capabilities.models.map(({ id }) => id) };
      }
      throw new Error('did not complete');
    } finally {
      await client.close();
    }
  };

  test('each is opened when it is asked for, and told of', async () => {
    const lcm = await endOf({ ...quick, model: 'tiny-lcm' });
    expect(lcm.stages).toContain('load');
    expect(lcm.ids.slice(0, 2)).toEqual(['tiny-sd', 'tiny-lcm']);
    await endOf(quick);
    expect((await endOf({ ...quick, model: 'tiny-lcm' })).stages).not.toContain('load');
  });

  test('another one is not here', async () => {
    await expect(endOf({ ...quick, model: 'flux' })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('tiny-sd, tiny-lcm'),
    });
  });
});
