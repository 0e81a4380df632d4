import { describe, expect, test } from 'vitest';
import { paramsOfImage, resolveParams, toBranched, toSeeds } from '../../src/engine/request.js';
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
const resolve = (request: Partial<GenerationRequest>, summary = model) =>
  resolveParams(GenerationParamsSchema.parse({ prompt: 'a lake', ...request }), summary);

function refusal(request: Partial<GenerationRequest>, summary = model): SafelightError {
  try {
    resolve(request, summary);
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

describe('a branch', () => {
  const full = { ...model, img2img: true };
  const fromPicture = { initImage: 'aGk=', strength: 0.6, steps: 25, branchSeed: 1 };

  test('comes before the last step that img2img makes', () => {
    expect(resolve({ ...fromPicture, branchStep: 14 }, full).branchStep).toBe(14);
    const { code, message } = refusal({ ...fromPicture, branchStep: 15 }, full);
    expect(code).toBe('INVALID_PARAMS');
    expect(message).toBe('branchStep: must be below 15: that many of 25 steps are made at strength 0.6');
    expect(refusal({ initImage: 'aGk=', branchStep: 20, branchSeed: 1 }, full).message).toMatch(/at strength 0.6$/);
  });

  test('changes what it names and nothing else', () => {
    const params = resolve({ negativePrompt: 'fog', seed: 3, branchStep: 8, branchNegativePrompt: '' });
    expect(toBranched(params)).toEqual({ ...params, negativePrompt: '' });
    const other = { branchPrompt: 'a hill', branchGuidanceScale: 0, branchSeed: 0 };
    const changed = { prompt: 'a hill', guidanceScale: 0, seed: 0 };
    expect(toBranched({ ...params, ...other })).toMatchObject({ ...changed, negativePrompt: '' });
    expect(toBranched(resolve({ seed: 3 }))).toEqual(resolve({ seed: 3 }));
  });

  test.each([
    ['counts its seed up with the other', {}, { seed: 7, branchSeed: 1 }],
    ['keeps it with the other', { variationSeed: 2, variationStrength: 0.1 }, { seed: 5, branchSeed: 2 ** 32 - 1 }],
  ])('%s', (_, extra, seeds) => {
    const params = resolve({ ...extra, seed: 5, count: 3, branchStep: 8, branchSeed: 2 ** 32 - 1 });
    expect(paramsOfImage(params, 2)).toMatchObject(seeds);
  });
});

test('image i uses seed + i, and the last seed is followed by the first', () => {
  expect(toSeeds(resolve({ seed: 2 ** 32 - 2, count: 3 }))).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0]);
});
