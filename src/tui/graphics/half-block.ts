/** RGB → text: each cell is an upper half block, its two pixels the fore- and the background colour. Pure. */
import type { PictureColor } from '../terminal/color-depth.js';
import { toXtermColors } from './dither.js';
import type { RgbPicture } from './resample.js';

const RESET = '\x1b[0m';
/** The terminal's own colour, as it is after a reset. */
const NONE = -1;

/** One string a text row (two pixel rows), each ending with a reset; an odd last row has no background. */
export function toHalfBlocks(picture: RgbPicture, { color }: { color: PictureColor }): string[] {
  const { width, height } = picture;
  const colors = color === 'truecolor' ? toNumbers(picture) : toXtermColors(picture);
  const toCode = color === 'truecolor' ? truecolorCode : paletteCode;
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
    const upper = row * 2 * width;
    return toRow(colors.subarray(upper, upper + width), colors.subarray(upper + width, upper + 2 * width), toCode);
  });
}

/** A colour that goes on need not be said again: half the bytes of a calm picture. */
function toRow(uppers: ArrayLike<number>, lowers: ArrayLike<number>, toCode: (color: number) => string): string {
  let [text, fore, back] = ['', NONE, NONE];
  for (let x = 0; x < uppers.length; x++) {
    const [upper, lower] = [uppers[x], lowers[x] ?? NONE];
    if (upper !== fore && lower !== back) text += `\x1b[38;${toCode(upper)};48;${toCode(lower)}m`;
    else if (upper !== fore) text += `\x1b[38;${toCode(upper)}m`;
    else if (lower !== back) text += `\x1b[48;${toCode(lower)}m`;
    text += '▀';
    [fore, back] = [upper, lower];
  }
  return text + RESET;
}

function toNumbers({ width, height, pixels }: RgbPicture): Uint32Array {
  return Uint32Array.from(
    { length: width * height },
    (_, at) => (pixels[at * 3] << 16) | (pixels[at * 3 + 1] << 8) | pixels[at * 3 + 2],
  );
}

function truecolorCode(color: number): string {
  return `2;${color >> 16};${(color >> 8) & 255};${color & 255}`;
}

function paletteCode(color: number): string {
  return `5;${color}`;
}
