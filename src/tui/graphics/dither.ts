/** Ordered dither, and the nearest of xterm's 256 colours with a little of it: what 24 bits become where there are 8. */
import type { RgbPicture } from './resample.js';

/** Bayer's 4×4 order, as shares of the distance between two colours of the palette, from −½ to ½. */
export const DITHER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map((rank) => (rank + 0.5) / 16 - 0.5);

/** Which of them is a pixel's. */
export function ditherPlace(x: number, y: number): number {
  return (y & 3) * 4 + (x & 3);
}

const CUBE_LEVELS = [0, 95, 135, 175, 215, 255];
const [CUBE_START, GREY_START, GREYS] = [16, 232, 24];
/** More looks grainy at the size of a cell, less shows bands. */
const AMPLITUDE = 20;

const NEAREST_LEVEL = Uint8Array.from({ length: 256 }, (_, value) => {
  const distances = CUBE_LEVELS.map((level) => Math.abs(level - value));
  return distances.indexOf(Math.min(...distances));
});

const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)));

/** The nearest of the 6×6×6 cube and the greys; the first 16 are whatever the user made of them. */
export function toXtermColor(r: number, g: number, b: number): number {
  const [red, green, blue] = [NEAREST_LEVEL[r], NEAREST_LEVEL[g], NEAREST_LEVEL[b]];
  const grey = Math.max(0, Math.min(GREYS - 1, Math.round(((r + g + b) / 3 - 8) / 10)));
  const distance = (x: number, y: number, z: number) => (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2;
  const shade = 8 + grey * 10;
  return distance(CUBE_LEVELS[red], CUBE_LEVELS[green], CUBE_LEVELS[blue]) <= distance(shade, shade, shade)
    ? CUBE_START + 36 * red + 6 * green + blue
    : GREY_START + grey;
}

/** One of the 256 colours for each pixel. */
export function toXtermColors({ width, height, pixels }: RgbPicture): Uint8Array {
  const colors = new Uint8Array(width * height);
  for (let at = 0; at < colors.length; at++) {
    const offset = DITHER[ditherPlace(at % width, Math.floor(at / width))] * AMPLITUDE;
    const [r, g, b] = [pixels[at * 3] + offset, pixels[at * 3 + 1] + offset, pixels[at * 3 + 2] + offset];
    colors[at] = toXtermColor(clamp(r), clamp(g), clamp(b));
  }
  return colors;
}
