import { describe, expect, test } from 'vitest';
import { toHalfBlocks } from '../../../src/tui/graphics/half-block.js';

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

  test('only the half that changes is said', () => {
    const rows = toHalfBlocks(picture(3, 2, red, red, blue, blue, red, red), { color: 'truecolor' });
    expect(rows).toEqual(['\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[48;2;255;0;0m▀\x1b[38;2;0;0;255m▀\x1b[0m']);
  });

  test('in 256 colours', () => {
    expect(toHalfBlocks(picture(1, 2, red, blue), { color: '256' })).toEqual(['\x1b[38;5;196;48;5;21m▀\x1b[0m']);
  });
});
