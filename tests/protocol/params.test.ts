import { describe, expect, test } from 'vitest';
import { GenerationParamsSchema, PARAM_DEFAULTS } from '../../src/protocol/params.js';

const valid = { prompt: 'a lake' };
const pixel = Buffer.from('not checked here').toString('base64');

describe('GenerationParamsSchema', () => {
  test('fills the defaults of design §4', () => {
    expect(GenerationParamsSchema.parse(valid)).toEqual({
      prompt: 'a lake',
      negativePrompt: '',
      width: 512,
      height: 512,
      steps: 25,
      count: 1,
      clipSkip: 1,
      format: 'png',
    });
    expect(PARAM_DEFAULTS.guidanceScale).toBe(7.5);
  });

  test.each([
    ['the smallest of all', { width: 64, height: 64, steps: 1, guidanceScale: 0, seed: 0 }],
    ['the largest of all', { width: 2048, height: 2048, steps: 100, guidanceScale: 20, seed: 2 ** 32 - 1 }],
    ['an init image with strength', { initImage: pixel, strength: 0.6 }],
    ['an init image with a mask', { initImage: pixel, maskImage: pixel }],
    ['a branch to another prompt', { branchStep: 24, branchPrompt: 'a hill' }],
    ['a branch to no negative prompt', { negativePrompt: 'fog', branchStep: 1, branchNegativePrompt: '' }],
    ['a branch to no guidance', { branchStep: 1, branchGuidanceScale: 0 }],
    ['a branch to another seed', { steps: 100, branchStep: 99, branchSeed: 0 }],
  ])('takes %s', (_, extra) => {
    expect(GenerationParamsSchema.safeParse({ ...valid, ...extra }).success).toBe(true);
  });

  test.each([
    ['an empty prompt', { prompt: '' }],
    ['a blank prompt', { prompt: ' \n ' }],
    ['a prompt of 10 MB', { prompt: 'x'.repeat(10_000_000) }],
    ['a small width', { width: 56 }],
    ['a large height', { height: 2056 }],
    ['a width off the grid', { width: 513 }],
    ['a width as text', { width: '512' }],
    ['no steps', { steps: 0 }],
    ['101 steps', { steps: 101 }],
    ['half a step', { steps: 2.5 }],
    ['guidance 21', { guidanceScale: 21 }],
    ['guidance below zero', { guidanceScale: -1 }],
    ['guidance NaN', { guidanceScale: Number.NaN }],
    ['seed -1', { seed: -1 }],
    ['seed 2^64', { seed: '18446744073709551616' }],
    ['a seed that lost digits', { seed: 2 ** 53 }],
    ['half a seed', { seed: 1.5 }],
    ['a seed in words', { seed: 'seven' }],
    ['a seed with a sign', { seed: '-5' }],
    ['an unknown scheduler', { scheduler: 'magic' }],
    ['an unknown key', { stepz: 3 }],
    ['strength without an init image', { strength: 0.5 }],
    ['a mask without an init image', { maskImage: pixel }],
    ['strength 0', { initImage: pixel, strength: 0 }],
    ['an init image that is not base64', { initImage: '§§§' }],
    ['null', { seed: null }],
    ['a branch after no step', { branchStep: 0, branchSeed: 1 }],
    ['a branch after the last step', { branchStep: 25, branchSeed: 1 }],
    ['a branch to an empty prompt', { branchStep: 8, branchPrompt: ' ' }],
    ['a branch to guidance 21', { branchStep: 8, branchGuidanceScale: 21 }],
    ['a branch to seed -1', { branchStep: 8, branchSeed: -1 }],
    ['a variation seed of 65 bits', { variationSeed: '36893488147419103231', variationStrength: 0.1 }],
  ])('refuses %s', (_, extra) => {
    expect(GenerationParamsSchema.safeParse({ ...valid, ...extra }).success).toBe(false);
  });

  test.each([
    [18446744073709551615n, 4294967295],
    [9007199254740993n, 1],
    [4294967303, 7],
    ['4294967303', 7],
    ['007', 7],
    [0, 0],
  ])('a seed counts mod 2^32: %s is %i', (wide, seed) => {
    const asked = typeof wide === 'bigint' ? String(wide) : wide;
    const fields = { seed: asked, variationSeed: asked, variationStrength: 0.1, branchStep: 1, branchSeed: asked };
    expect(GenerationParamsSchema.parse({ ...valid, ...fields })).toMatchObject({
      ...{ seed, variationSeed: seed, branchSeed: seed },
    });
  });

  test.each([
    [{ seed: -1 }, 'must be a whole number from 0 to 18446744073709551615; leave it out for a random one'],
    [{ seed: '1e3' }, 'must be a whole number from 0 to 18446744073709551615; leave it out for a random one'],
    [{ seed: true }, 'must be a whole number from 0 to 18446744073709551615; leave it out for a random one'],
    [{ branchStep: 1, branchSeed: 0.5 }, 'must be a whole number from 0 to 18446744073709551615'],
    [{ branchStep: 1, branchSeed: '9'.repeat(10_000) }, 'must be a whole number from 0 to 18446744073709551615'],
  ])('what is not a seed is refused in one sentence: %j', (extra, message) => {
    const { error } = GenerationParamsSchema.safeParse({ ...valid, ...extra });
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });

  test.each([
    { branchStep: 8 },
    { branchPrompt: 'a hill' },
    { branchNegativePrompt: '' },
    { branchGuidanceScale: 0 },
    { branchSeed: 0 },
  ])('a branch is where and what: not %j alone', (extra) => {
    const { error } = GenerationParamsSchema.safeParse({ ...valid, ...extra });
    expect(error?.issues).toMatchObject([{ path: ['branchStep'], message: expect.stringContaining('goes together') }]);
  });
});

test('an empty input picture is refused in words', () => {
  const { error } = GenerationParamsSchema.safeParse({ ...valid, initImage: '' });
  expect(error?.issues).toMatchObject([{ path: ['initImage'], message: 'is empty' }]);
});
