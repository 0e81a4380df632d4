/** Small pictures to the exact size of their box, by bilinear interpolation at pixel centres. */

/** RGB, 8 bits, row by row from the top: `pixels.length === width * height * 3`. */
export interface RgbPicture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** For one axis: the two source positions of each target position, and how much of the second it takes. */
function toTaps(from: number, to: number): { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, index) => {
    const centre = Math.min(from - 1, Math.max(0, ((index + 0.5) * from) / to - 0.5));
    const first = Math.floor(centre);
    return { first, second: Math.min(from - 1, first + 1), share: centre - first };
  });
}

/** @returns the picture itself when it already has this size */
export function resample(picture: RgbPicture, width: number, height: number): RgbPicture {
  if (picture.width === width && picture.height === height) return picture;
  const [across, down] = [toTaps(picture.width, width), toTaps(picture.height, height)];
  const pixels = new Uint8Array(width * height * 3);
  const at = (x: number, y: number, channel: number) => picture.pixels[(y * picture.width + x) * 3 + channel];
  let next = 0;
  for (const y of down) {
    for (const x of across) {
      for (let channel = 0; channel < 3; channel++) {
        const top = at(x.first, y.first, channel) * (1 - x.share) + at(x.second, y.first, channel) * x.share;
        const bottom = at(x.first, y.second, channel) * (1 - x.share) + at(x.second, y.second, channel) * x.share;
        pixels[next++] = Math.round(top * (1 - y.share) + bottom * y.share);
      }
    }
  }
  return { width, height, pixels };
}
