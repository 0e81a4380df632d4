import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../src/engine/generate.js';
import type { Latents } from '../../src/engine/latents.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../../src/engine/pipeline.js';
import { createPreviewMeter, pricePreviews, projectLatents } from '../../src/engine/preview.js';
import { createProgressClock } from '../../src/engine/progress-clock.js';
import { resolveParams } from '../../src/engine/request.js';
import type { Session } from '../../src/engine/session.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

const EMBEDDED = resolve(import.meta.dirname, '../../models/tiny');

describe('projectLatents', () => {
  test('rgb = latent · matrix + bias, mapped from [-1, 1] to 8 bits', () => {
    const latents = { data: Float32Array.from([1, -1, 0.5, 0]), channels: 2, height: 1, width: 2 };
    const matrix = [
      [1, 0, 0],
      [0, 1, 0],
    ] as const;
    const picture = projectLatents(latents, matrix, [0, 0, -1]);
    // Pixel 0: channels (1, 0.5); pixel 1: channels (-1, 0).
    expect(picture).toEqual({ width: 2, height: 1, pixels: Uint8Array.from([255, 191, 0, 0, 128, 0]) });
  });
});

const wait = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));
const size = { width: 10, height: 10 };

describe('the preview meter', () => {
  test('a quick model is never thinned: there the rate rules', async () => {
    const meter = createPreviewMeter(1000);
    await meter.measure(size, wait(20));
    expect(meter.allows({ elapsedMs: 490, calls: 10 }, size, 1000)).toBe(true);
  });

  test('a slow model gets its first preview when 3 % of the time are worth one and a half at the guessed price', () => {
    const meter = createPreviewMeter(0.2);
    expect(meter.allows({ elapsedMs: 990, calls: 9 }, size, 0)).toBe(false);
    expect(meter.allows({ elapsedMs: 1010, calls: 10 }, size, 0)).toBe(true);
    // Of a larger picture it costs more.
    expect(meter.allows({ elapsedMs: 1010, calls: 10 }, { width: 20, height: 10 }, 0)).toBe(false);
  });

  test('and the next one when both weigh less than 3 %', async () => {
    const meter = createPreviewMeter(0);
    expect(meter.allows({ elapsedMs: 100, calls: 1 }, size, 0)).toBe(true);
    await meter.measure(size, wait(20));
    expect(meter.lastMs).toBeGreaterThan(15);
    expect(meter.allows({ elapsedMs: 1000, calls: 10 }, size, 0)).toBe(false);
    expect(meter.allows({ elapsedMs: 100_000, calls: 1000 }, size, 0)).toBe(true);
  });

  test('encoding elsewhere weighs as much', () => {
    const meter = createPreviewMeter(0);
    expect(meter.allows({ elapsedMs: 1000, calls: 10 }, size, 29)).toBe(true);
    expect(meter.allows({ elapsedMs: 1000, calls: 10 }, size, 31)).toBe(false);
  });
});

describe('the price of a preview', () => {
  test('is that of a small one, and the first does not count: it warms up', async () => {
    const sizes: number[][] = [];
    const decode = async ({ channels, width, height, data }: Latents) => {
      sizes.push([channels, width, height, data.length]);
      if (sizes.length === 1) await wait(200)();
      return { width: 1, height: 1, pixels: new Uint8Array(3) };
    };
    expect(await pricePreviews(decode, 4, undefined)).toBeLessThan(200 / 32 / 32);
    expect(sizes).toEqual(Array(3).fill([4, 32, 32, 4 * 32 * 32]));
  });

  test('of a graph for one size is asked at that size', async () => {
    const sizes: number[][] = [];
    const session = { inputNames: ['latent_sample'], inputShape: () => ['batch', 4, 8, 16] } as unknown as Session;
    const decode = async ({ width, height }: Latents) => {
      sizes.push([width, height]);
      return { width: 1, height: 1, pixels: new Uint8Array(3) };
    };
    await pricePreviews(decode, 4, session);
    expect(sizes[0]).toEqual([16, 8]);
  });
});

describe('a job of the embedded model with slow steps', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await loadPipeline(await readModelFolder(EMBEDDED), { device: 'cpu' });
  });
  afterAll(() => pipeline.release());

  async function countPreviews(previewMsPerPixel: number, encodeMs: number): Promise<number> {
    const run = (feeds: Parameters<Session['run']>[0]) => wait(60)().then(() => pipeline.unet.run(feeds));
    const slow = { ...pipeline, unet: { ...pipeline.unet, run }, previewMsPerPixel };
    const asked = GenerationParamsSchema.parse({ prompt: 'a lake', width: 256, height: 256, steps: 4 });
    const options = { signal: new AbortController().signal, wantPreview: () => true, previewEncodeMs: () => encodeMs };
    let previews = 0;
    for await (const event of generate(slow, resolveParams(asked, pipeline.folder.summary), options)) {
      if (event.type === 'preview') previews += 1;
    }
    return previews;
  }

  test('has previews as far as their price, and that of encoding them, allows', async () => {
    expect(pipeline.previewMsPerPixel).toBeGreaterThan(0);
    expect(await countPreviews(0, 0)).toBeGreaterThan(0);
    expect(await countPreviews(1000, 0)).toBe(0);
    expect(await countPreviews(0, 1e6)).toBe(0);
  });
});

test('the progress clock counts all model calls of the job', () => {
  let now = 1000;
  const clock = createProgressClock(4, () => now);
  now += 100;
  expect(clock.tick()).toEqual({ elapsedMs: 100, etaMs: 300 });
  now += 300;
  expect(clock.tick()).toEqual({ elapsedMs: 400, etaMs: 400 });
  expect(clock.calls).toBe(2);
});
