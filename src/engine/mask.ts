/** Which pixels are painted anew: the mask of inpainting, in pixels and in latent pixels. */
import type { RgbImage } from './events.js';
import type { Latents } from './latents.js';

/** One value a pixel: 1 = repaint, 0 = keep. */
export interface Mask {
  width: number;
  height: number;
  values: Float32Array;
}

/** From a grey of 128 on, of 255, as diffusers decides. */
export function isWhite(grey: number): boolean {
  return grey > 127;
}

/** White repaints. */
export function toMask({ width, height, greys }: { width: number; height: number; greys: Uint8Array }): Mask {
  return { width, height, values: Float32Array.from(greys, (grey) => (isWhite(grey) ? 1 : 0)) };
}

/** Nearest neighbour as torch's `interpolate` does it: the pixel at the top left of each latent pixel speaks for it. */
export function shrinkMask({ width, height, values }: Mask, factor: number): Mask {
  const [smallWidth, smallHeight] = [width / factor, height / factor];
  const at = (i: number) => Math.floor(i / smallWidth) * factor * width + (i % smallWidth) * factor;
  return {
    width: smallWidth,
    height: smallHeight,
    values: Float32Array.from({ length: smallWidth * smallHeight }, (_, i) => values[at(i)]),
  };
}

/** `painted` where the mask says repaint, `kept` elsewhere, in every channel. */
export function blendLatents(painted: Latents, kept: Float32Array, mask: Mask): Latents {
  const plane = mask.values.length;
  return { ...painted, data: painted.data.map((value, i) => (mask.values[i % plane] === 1 ? value : kept[i])) };
}

/** The picture's planes with the zero of [-1, 1] where it is to be repainted: all that an inpainting UNet may see. */
export function hideMasked(planes: Float32Array, mask: Mask): Float32Array {
  const plane = mask.values.length;
  return planes.map((value, i) => (mask.values[i % plane] === 1 ? 0 : value));
}

/** Radius of the soft edge, in pixels: enough to hide the seam of 8-pixel latents. */
const EDGE_RADIUS = 4;

/** The finished picture over the original: outside the mask nothing changes, over the edge the two are mixed. */
export function pasteInto(original: RgbImage, painted: RgbImage, mask: Mask): RgbImage {
  const soft = blur(mask);
  const pixels = painted.pixels.map((value, i) => {
    const share = mask.values[Math.floor(i / 3)] === 0 ? 0 : soft[Math.floor(i / 3)];
    return Math.round(original.pixels[i] + share * (value - original.pixels[i]));
  });
  return { ...painted, pixels };
}

/** A box blur along both axes; beyond the picture the mask goes on as its border, so that no frame shows. */
function blur({ width, height, values }: Mask): Float32Array {
  const along = (source: Float32Array, length: number, stride: number, indexOf: (i: number) => number) =>
    source.map((_, i) => {
      let sum = 0;
      for (let offset = -EDGE_RADIUS; offset <= EDGE_RADIUS; offset++) {
        const target = Math.min(Math.max(indexOf(i) + offset, 0), length - 1);
        sum += source[i + (target - indexOf(i)) * stride];
      }
      return sum / (2 * EDGE_RADIUS + 1);
    });
  const rows = along(values, width, 1, (i) => i % width);
  return along(rows, height, width, (i) => Math.floor(i / width));
}
