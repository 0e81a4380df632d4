/** How far two pictures are apart, pixel by pixel. */

interface Picture {
  width: number;
  height: number;
  /** RGB, 3 bytes a pixel. */
  pixels: Uint8Array;
}

export interface PixelDifference {
  /** Of any colour of any pixel, 0–255. */
  max: number;
  /** Over all colours of all pixels. */
  mean: number;
  /** Share of the pixels that are not the same. */
  share: number;
}

/** @param b of a's size */
export function toPixelDifference(a: Picture, b: Picture): PixelDifference {
  let [max, sum, differing] = [0, 0, 0];
  for (let i = 0; i < a.pixels.length; i += 3) {
    const [red, green, blue] = [0, 1, 2].map((channel) => Math.abs(a.pixels[i + channel] - b.pixels[i + channel]));
    max = Math.max(max, red, green, blue);
    sum += red + green + blue;
    if (red + green + blue > 0) differing++;
  }
  return { max, mean: sum / a.pixels.length, share: (differing * 3) / a.pixels.length };
}
