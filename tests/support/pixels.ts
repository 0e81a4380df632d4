/** Pictures made for tests, and how near two are. */
import sharp from 'sharp';
import type { RgbPicture } from '../../src/tui/graphics/resample.js';

export function paint(width: number, height: number, colorAt: (x: number, y: number) => readonly number[]): RgbPicture {
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) pixels.set(colorAt(at % width, Math.floor(at / width)), at * 3);
  return { width, height, pixels };
}

/** Smooth, with another colour in each corner. */
export function gradient(width: number, height: number): RgbPicture {
  const [across, down] = [255 / Math.max(1, width - 1), 255 / Math.max(1, height - 1)];
  return paint(width, height, (x, y) => [Math.round(x * across), Math.round(y * down), Math.round(255 - x * across)]);
}

export async function toFile(
  { width, height, pixels }: RgbPicture,
  format: 'png' | 'jpeg' | 'webp',
): Promise<Uint8Array> {
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  // A quality would make a palette of a PNG.
  return new Uint8Array(await image.toFormat(format, format === 'png' ? {} : { quality: 95 }).toBuffer());
}

/** Of each colour of each cell of a coarse grid: what the eye sees from afar, whatever was dithered. */
export async function coarseDifference(a: RgbPicture, b: RgbPicture, grid = 8): Promise<number> {
  const [x, y] = await Promise.all([a, b].map((picture) => shrink(picture, grid)));
  return Math.max(...x.map((value, index) => Math.abs(value - y[index])));
}

async function shrink({ width, height, pixels }: RgbPicture, grid: number): Promise<Uint8Array> {
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return new Uint8Array(await image.resize(grid, grid, { fit: 'fill' }).raw().toBuffer());
}
