import { describe, expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../src/engine/float16.js';

describe('float16', () => {
  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [1e9, 0x7c00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [1023.5 * 2 ** -24, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('%f is written as IEEE 754 says, ties to even', (value, bits) => {
    expect(toFloat16([value])[0]).toBe(bits);
  });

  test('every finite half survives the way out and back', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    expect([...toFloat16(fromFloat16(halves))]).toEqual([...halves]);
  });

  test('what is not a number stays none', () => {
    expect(fromFloat16(toFloat16([Number.NaN]))[0]).toBeNaN();
  });
});
