import { describe, expect, test } from 'vitest';
import { toHalfBlocks } from '../../src/client/half-block.js';

const picture = (width: number, height: number, ...colours: [number, number, number][]) => ({
  width,
  height,
  pixels: Uint8Array.from(colours.flat()),
});
const red: [number, number, number] = [255, 0, 0];
const blue: [number, number, number] = [0, 0, 255];

describe('toHalfBlocks', () => {
  test('the upper pixel is the foreground, the lower one the background', () => {
    expect(toHalfBlocks(picture(1, 2, red, blue), { color: 'truecolor' })).toEqual([
      '\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m',
    ]);
  });

  test('an odd last row leaves the terminal’s own background', () => {
    const rows = toHalfBlocks(picture(1, 3, red, red, blue), { color: 'truecolor' });
    expect(rows[1]).toBe('\x1b[38;2;0;0;255m▀\x1b[0m');
  });

  test('a colour that goes on is said once', () => {
    const [row] = toHalfBlocks(picture(3, 2, red, red, red, red, red, red), { color: 'truecolor' });
    expect(row).toBe('\x1b[38;2;255;0;0;48;2;255;0;0m▀▀▀\x1b[0m');
  });

  test.each([
    ['a corner of the cube', [255, 0, 0], 196],
    ['black', [0, 0, 0], 16],
    ['white', [255, 255, 255], 231],
    ['a grey between the cube’s', [118, 118, 118], 243],
    ['the nearest of the cube', [100, 130, 170], 67],
  ] as const)('256 colours: %s', (_, [r, g, b], index) => {
    const [row] = toHalfBlocks(picture(1, 1, [r, g, b]), { color: '256' });
    expect(row).toBe(`\x1b[38;5;${index}m▀\x1b[0m`);
  });
});
