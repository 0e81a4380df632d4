import { describe, expect, test } from 'vitest';
import { blendLatents, hideMasked, pasteInto, shrinkMask, toMask } from '../../src/engine/mask.js';

const flat = (width: number, height: number, level: number) => ({
  width,
  height,
  pixels: new Uint8Array(width * height * 3).fill(level),
});

describe('masks', () => {
  test('white repaints, from a grey of 128 on', () => {
    const picture = { width: 4, height: 1, greys: Uint8Array.of(0, 127, 128, 255) };
    expect([...toMask(picture).values]).toEqual([0, 0, 1, 1]);
  });

  test('a latent pixel is spoken for by its top left pixel', () => {
    const values = Float32Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...shrinkMask({ width: 4, height: 4, values }, 2).values]).toEqual([1, 0, 0, 1]);
  });

  test('latents are kept outside the mask, in every channel', () => {
    const mask = { width: 2, height: 1, values: Float32Array.of(1, 0) };
    const painted = { data: Float32Array.of(1, 2, 3, 4), channels: 2, height: 1, width: 2 };
    expect([...blendLatents(painted, Float32Array.of(5, 6, 7, 8), mask).data]).toEqual([1, 6, 3, 8]);
  });

  test('what is to be repainted is hidden as mid-grey', () => {
    const mask = { width: 2, height: 1, values: Float32Array.of(1, 0) };
    expect([...hideMasked(Float32Array.of(1, 2, 3, 4, 5, 6), mask)]).toEqual([0, 2, 0, 4, 0, 6]);
  });

  test('the paste changes nothing outside the mask, all far inside, and mixes over the edge', () => {
    const [width, height] = [40, 12];
    const values = Float32Array.from({ length: width * height }, (_, i) => (i % width >= 20 ? 1 : 0));
    const { pixels } = pasteInto(flat(width, height, 0), flat(width, height, 200), { width, height, values });
    const row = Array.from({ length: width }, (_, x) => pixels[(5 * width + x) * 3]);
    expect(row.slice(0, 20).every((level) => level === 0)).toBe(true);
    expect(row.slice(24).every((level) => level === 200)).toBe(true);
    expect(
      row.slice(20, 24).every((level, i, edge) => level > 0 && level < 200 && (i === 0 || level > edge[i - 1])),
    ).toBe(true);
  });
});
