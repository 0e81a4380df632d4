/** Which channel of a mask's picture carries the mask, and what of it is white. Pure. */
import type { PictureLevels } from './image.js';
import { isWhite } from './mask.js';

const WHITE = 255;
/** A dark picture whose brightest level is below this has no mask in it, only noise. */
const VISIBLE_FROM = 32;

export interface MaskGreys {
  /** 0 = keep … 255 = repaint, a value a pixel. */
  greys: Uint8Array;
  /** Brightness and alpha both vary, each in its own way: it is worth saying what was made of them. */
  isMixed: boolean;
}

/**
 * - The picture is opaque, or as good as: its brightness is the mask.
 * - Alpha varies, and all that can be seen is dark: alpha is the mask, and what is opaque is painted anew. So GIMP and
 *   Photoshop save a mask that was painted on an empty layer.
 * - Alpha varies, and something bright can be seen: the mask is what one sees over black.
 */
export function toMaskGreys(picture: PictureLevels): MaskGreys {
  const alpha = alphaOf(picture);
  const greys = brightnessOf(picture);
  if (alpha === undefined || !isDivided(alpha)) return { greys: stretch(greys), isMixed: false };
  const seen = greys.map((grey, i) => Math.round((grey * alpha[i]) / WHITE));
  if (!seen.some(isWhite)) return { greys: alpha, isMixed: false };
  return { greys: seen, isMixed: seen.some((grey, i) => isWhite(grey) !== isWhite(alpha[i])) };
}

/** ITU-R 601-2 in 16-bit fixed point, as PIL's `convert("L")` does it. */
function brightnessOf({ channels, levels, width, height }: PictureLevels): Uint8Array {
  const to8Bit = scaleOf(levels);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const at = i * channels;
    if (channels < 3) return to8Bit(levels[at]);
    const [r, g, b] = [levels[at], levels[at + 1], levels[at + 2]].map(to8Bit);
    return (r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16;
  });
}

function alphaOf({ channels, levels, width, height }: PictureLevels): Uint8Array | undefined {
  if (channels % 2 === 1) return undefined;
  const to8Bit = scaleOf(levels);
  return stretch(Uint8Array.from({ length: width * height }, (_, i) => to8Bit(levels[(i + 1) * channels - 1])));
}

/** A picture of 16 bits may hold the levels of one of 8: numpy arrays are saved so. */
function scaleOf(levels: Uint8Array | Uint16Array): (level: number) => number {
  const isDeep = levels instanceof Uint16Array && levels.some((level) => level > WHITE);
  return isDeep ? (level) => Math.round(level / 257) : (level) => level;
}

/** Where nothing is white, the brightest is: masks of 0 and 1, of label numbers, or painted in a dark colour. */
function stretch(greys: Uint8Array): Uint8Array {
  let [darkest, brightest] = [WHITE, 0];
  for (const grey of greys) {
    darkest = Math.min(darkest, grey);
    brightest = Math.max(brightest, grey);
  }
  if (isWhite(brightest) || 2 * darkest >= brightest) return greys;
  const isTwoLevels = greys.every((grey) => grey === darkest || grey === brightest);
  if (brightest < VISIBLE_FROM && !isTwoLevels) return greys;
  return greys.map((grey) => Math.round((grey * WHITE) / brightest));
}

/** Is there something on both sides? */
function isDivided(greys: Uint8Array): boolean {
  return greys.some(isWhite) && !greys.every(isWhite);
}
