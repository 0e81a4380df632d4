import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTorchGenerator } from '../../src/engine/random.js';
import { GOLDENS, largestDifference } from '../support/goldens.js';

interface NoiseCase {
  seed: number;
  shape: number[];
  first: number[];
  last: number[];
  sum: number;
  second_draw_first: number[];
  second_draw_last: number[];
}

const { cases } = JSON.parse(readFileSync(join(GOLDENS, 'noise.json'), 'utf8')) as { cases: NoiseCase[] };
/** tests/goldens/README.md */
const TOLERANCE = 2e-6;

test.each(cases)('torch.randn of seed $seed, shape $shape, two draws in a row', (golden) => {
  const { randn } = createTorchGenerator(golden.seed);
  const count = golden.shape.reduce((a, b) => a * b);
  const [first, second] = [randn(count), randn(count)];
  expect(largestDifference(first, golden.first)).toBeLessThan(TOLERANCE);
  expect(largestDifference(first.slice(-golden.last.length), golden.last)).toBeLessThan(TOLERANCE);
  expect(largestDifference(second, golden.second_draw_first)).toBeLessThan(TOLERANCE);
  expect(largestDifference(second.slice(-golden.second_draw_last.length), golden.second_draw_last)).toBeLessThan(
    TOLERANCE,
  );
  const sum = first.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - golden.sum)).toBeLessThan(TOLERANCE * count);
});
