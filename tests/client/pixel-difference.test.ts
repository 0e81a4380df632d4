import { expect, test } from 'vitest';
import { toPixelDifference } from '../../src/client/pixel-difference.js';

const picture = (...pixels: number[]) => ({ width: 2, height: 1, pixels: Uint8Array.from(pixels) });

test('the same', () => {
  expect(toPixelDifference(picture(1, 2, 3, 4, 5, 6), picture(1, 2, 3, 4, 5, 6))).toEqual({
    max: 0,
    mean: 0,
    share: 0,
  });
});

test('one pixel of two, in both directions', () => {
  const difference = toPixelDifference(picture(1, 2, 3, 4, 5, 6), picture(1, 2, 3, 10, 5, 0));
  expect(difference).toEqual({ max: 6, mean: 2, share: 0.5 });
});
