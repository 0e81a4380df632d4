import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toFixedPalette, toOwnPalette, toSixel } from '../../../src/tui/graphics/sixel.js';
import { readSixel, SIXEL } from '../../support/picture-escapes.js';
import { coarseDifference, gradient, paint } from '../../support/pixels.js';

/** Colours are told in percent. */
const ONE_PERCENT = 255 / 100;

describe('toSixel', () => {
  const size = { width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 25 }) };
  const zoom = fc.integer({ min: 1, max: 7 });
  const pictures = fc.record({ ...size, zoom, colors: fc.integer({ min: 1, max: 256 }), seed: fc.nat() });

  test('any picture comes back from an independent decoder, pixel by pixel', () => {
    fc.assert(
      fc.property(pictures, ({ width, height, zoom, colors, seed }) => {
        const at = (x: number, y: number) => (x * 31 + y * 17 + x * y * seed + seed) % colors;
        const colorAt = (x: number, y: number) => [at(x, y), (at(x, y) * 7) % 256, 255 - at(x, y)];
        const shown = readSixel(toSixel(toOwnPalette(paint(width, height, colorAt)), zoom));
        const dots = paint(width * zoom, height * zoom, (x, y) => colorAt(Math.floor(x / zoom), Math.floor(y / zoom)));
        expect([shown.width, shown.height]).toEqual([dots.width, dots.height]);
        const isOff = (value: number, index: number) => Math.abs(value - shown.pixels[index]) >= ONE_PERCENT;
        expect(dots.pixels.some(isOff)).toBe(false);
      }),
    );
  });

  test('long runs are counted, short ones are not, and nothing follows the last band', () => {
    const picture = toOwnPalette(paint(1234, 7, (x) => (x === 0 ? [255, 0, 0] : [0, 0, 0])));
    const bytes = toSixel(picture);
    expect(bytes).toBe('\x1bP0;1;0q"1;1;1234;7#0;2;100;0;0#1;2;0;0;0#0~$#1?!1233~-#0@$#1?!1233@\x1b\\');
    expect(bytes).toMatch(new RegExp(`^${SIXEL.source}$`));
    expect(readSixel(bytes)).toMatchObject({ width: 1234, height: 7 });
  });

  test('only the colours that are used are told', () => {
    expect(toSixel(toFixedPalette(paint(2, 2, () => [0, 0, 0]))).match(/#\d+;2;/g)).toHaveLength(1);
  });
});

describe('palettes', () => {
  test('the fixed one shows any picture, seen from afar', async () => {
    const picture = gradient(96, 72);
    expect(await coarseDifference(readSixel(toSixel(toFixedPalette(picture))), picture)).toBeLessThan(10);
  });

  test('the fixed one never leaves its colours', () => {
    const { indices, palette } = toFixedPalette(gradient(64, 64));
    expect(Math.max(...indices)).toBeLessThan(palette.length / 3);
    expect(palette).toHaveLength(240 * 3);
    expect([...palette.slice(-3)]).toEqual([255, 255, 255]);
  });

  test('257 colours are too many for their own', () => {
    const picture = paint(257, 1, (x) => [x % 256, Math.floor(x / 256), 0]);
    expect(() => toOwnPalette(picture)).toThrow(RangeError);
    expect(toOwnPalette({ ...picture, width: 256, pixels: picture.pixels.slice(0, 256 * 3) }).palette).toHaveLength(
      768,
    );
  });
});
