import { describe, expect, test } from 'vitest';
import { DITHER, ditherPlace, toXtermColor, toXtermColors } from '../../../src/tui/graphics/dither.js';
import { paint } from '../../support/pixels.js';

describe('toXtermColor', () => {
  test.each([
    ['a corner of the cube', [255, 0, 0], 196],
    ['black', [0, 0, 0], 16],
    ['white', [255, 255, 255], 231],
    ['a grey between the cube’s', [118, 118, 118], 243],
    ['the nearest of the cube', [100, 130, 170], 67],
  ] as const)('%s', (_, [r, g, b], index) => {
    expect(toXtermColor(r, g, b)).toBe(index);
  });
});

test('the order of the dither is even', () => {
  const offsets = Array.from({ length: 16 }, (_, at) => DITHER[ditherPlace(at % 4, Math.floor(at / 4))]);
  expect(new Set(offsets).size).toBe(16);
  expect(offsets.reduce((sum, offset) => sum + offset, 0)).toBeCloseTo(0);
  expect(ditherPlace(5, 9)).toBe(ditherPlace(1, 1));
});

/** As xterm shows its palette. */
function toRgb(index: number): number[] {
  if (index >= 232) return Array<number>(3).fill(8 + (index - 232) * 10);
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level);
}

test('a colour between two of the palette is nearer on average than either', () => {
  const color = [123, 123, 123];
  const shown = [...toXtermColors(paint(4, 4, () => color))].map(toRgb);
  expect(new Set(shown.map(String)).size).toBeGreaterThan(1);
  const mean = shown.reduce((sum, [red]) => sum + red, 0) / shown.length;
  expect(Math.abs(mean - 123)).toBeLessThan(Math.abs(toRgb(toXtermColor(123, 123, 123))[0] - 123) + 0.001);
});

test('pure colours stay as they are', () => {
  expect(new Set(toXtermColors(paint(8, 8, () => [255, 0, 0])))).toEqual(new Set([196]));
});
