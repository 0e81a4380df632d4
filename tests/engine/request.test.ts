import { describe, expect, test } from 'vitest';
import { resolveParams, toSeeds } from '../../src/engine/request.js';
import { SafelightError } from '../../src/protocol/errors.js';
import type { ModelSummary } from '../../src/protocol/messages.js';
import { GenerationParamsSchema, type GenerationRequest } from '../../src/protocol/params.js';

const model: ModelSummary = {
  id: 'tiny',
  name: 'tiny',
  sizeMultipleOf: 32,
  guidanceScale: 4,
  steps: 25,
  img2img: false,
};
const resolve = (request: Partial<GenerationRequest>) =>
  resolveParams(GenerationParamsSchema.parse({ prompt: 'a lake', ...request }), model);

function refusal(request: Partial<GenerationRequest>): SafelightError {
  try {
    resolve(request);
  } catch (error) {
    if (error instanceof SafelightError) return error;
  }
  throw new Error('was not refused');
}

describe('resolveParams', () => {
  test('takes the model’s guidance when none is asked, and keeps 0 when it is', () => {
    expect(resolve({}).guidanceScale).toBe(4);
    expect(resolve({ guidanceScale: 0 }).guidanceScale).toBe(0);
  });

  test('a seed left out is drawn from the whole range; one that is given stays', () => {
    const seeds = Array.from({ length: 50 }, () => resolve({}).seed);
    expect(new Set(seeds).size).toBeGreaterThan(45);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
    expect(resolve({ seed: 0 }).seed).toBe(0);
  });

  test('a size that the model cannot do names the nearest that it can', () => {
    const error = refusal({ width: 520 });
    expect(error.code).toBe('INVALID_PARAMS');
    expect(error.message).toBe('width: tiny makes multiples of 32; the nearest to 520 are 512 and 544');
  });

  test('sizes beyond the limits are not offered', () => {
    expect(refusal({ height: 1016 }).message).toMatch(/nearest to 1016 are 992 and 1024$/);
  });

  test.each([
    ['a hires pass without an encoder', { hiresScale: 2 }, 'UNSUPPORTED'],
    ['img2img without an encoder', { initImage: 'aGk=' }, 'UNSUPPORTED'],
  ] as const)('refuses %s', (_, request, code) => {
    expect(refusal(request).code).toBe(code);
  });
});

test('image i uses seed + i, and the last seed is followed by the first', () => {
  expect(toSeeds(resolve({ seed: 2 ** 32 - 2, count: 3 }))).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0]);
});
