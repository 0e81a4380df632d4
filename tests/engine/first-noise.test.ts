import { describe, expect, test } from 'vitest';
import { createFirstNoise } from '../../src/engine/first-noise.js';
import { toPasses } from '../../src/engine/passes.js';
import { createTorchGenerator } from '../../src/engine/random.js';
import { paramsOfImage, type ResolvedParams, toSeeds } from '../../src/engine/request.js';
import { slerp } from '../../src/engine/slerp.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { largestDifference } from '../support/goldens.js';

const params = (extra: object): ResolvedParams => ({
  ...GenerationParamsSchema.parse({ prompt: 'a lake', ...extra }),
  guidanceScale: 1,
  seed: 5,
});
const noiseOf = (seed: number) => createTorchGenerator(seed).randn(256);
const length = (values: Float32Array) => Math.hypot(...values);

describe('slerp', () => {
  const [a, b] = [noiseOf(1), noiseOf(2)];

  test('its ends are its ends', () => {
    expect(largestDifference(slerp(a, b, 0), a)).toBeLessThan(1e-5);
    expect(largestDifference(slerp(a, b, 1), b)).toBeLessThan(1e-5);
  });

  test('between them the noise stays as strong as noise', () => {
    const [shorter, longer] = [length(a), length(b)].sort((x, y) => x - y);
    for (const share of [0.2, 0.5, 0.8]) {
      expect(length(slerp(a, b, share))).toBeGreaterThan(shorter * 0.98);
      expect(length(slerp(a, b, share))).toBeLessThan(longer * 1.02);
    }
  });

  test('parallel noises are mixed straight', () => {
    expect(slerp(a, a, 0.3).every(Number.isFinite)).toBe(true);
  });
});

describe('the first noise', () => {
  test('is the seed’s own where no variation is asked', () => {
    const { randn } = createTorchGenerator(5);
    expect([...createFirstNoise(params({}), 0, randn)(256)]).toEqual([...noiseOf(5)]);
  });

  test('leans towards the variation seed, for each picture another one', () => {
    const asked = params({ variationSeed: 9, variationStrength: 0.25, count: 3 });
    expect(toSeeds(asked)).toEqual([5, 5, 5]);
    for (const image of [0, 1, 2]) {
      const noise = createFirstNoise(asked, image, createTorchGenerator(5).randn)(256);
      expect(largestDifference(noise, slerp(noiseOf(5), noiseOf(9 + image), 0.25))).toBe(0);
    }
  });

  test('a picture of a job is made again alone', () => {
    const job = params({ variationSeed: 9, variationStrength: 0.25, count: 3 });
    expect(paramsOfImage(job, 2)).toMatchObject({ seed: 5, variationSeed: 11, count: 1 });
    expect(paramsOfImage(params({ count: 3 }), 2)).toMatchObject({ seed: 7, count: 1 });
  });
});

describe('toPasses', () => {
  test('one pass, or a larger one after it, on the model’s grid', () => {
    expect(toPasses(params({ width: 256, height: 320 }), 32)).toHaveLength(1);
    expect(toPasses(params({ width: 256, height: 320, hiresScale: 1.7 }), 32)).toEqual([
      { width: 256, height: 320, strength: undefined, isFirst: true },
      { width: 448, height: 544, strength: 0.5, isFirst: false },
    ]);
  });
});
