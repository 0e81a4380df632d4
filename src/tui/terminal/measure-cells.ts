/**
 * The size of the cells where the terminal keeps it to itself: xterm with a window that is larger than a sixel picture may be
 * answers no question about it. So it is shown empty pictures, and asked where the cursor is after each.
 */
import type { Ask } from './ask.js';

type Side = 'width' | 'height';

/** Several sizes near the limit leave one whole number: 996 pixels alone are 24 cells of 41 as well as of 41.5. */
const PICTURES = 12;
const BAND = 6;
const LARGEST_CELL = 200;
/** A screen that is not shown, where a tall picture does not scroll what was there. */
const [ENTER, LEAVE] = ['\x1b[?1049h', '\x1b[?1049l'];
/** The cursor stays behind the picture instead of going below it (xterm's mode 8452). */
const [BESIDE, BELOW] = ['\x1b[?8452h', '\x1b[?8452l'];
/** DECXCPR: unlike the answer to the older question, its answer is no key. */
const [HOME, WHERE] = ['\x1b[H', '\x1b[?6n'];

/**
 * @param limit of a picture's side in pixels; the window must have so many, or the cursor stops at its edge
 * @returns undefined when the answers fit no size
 */
export async function measureCells(
  ask: Ask,
  side: Side,
  limit: number,
  timeoutMs: number,
): Promise<number | undefined> {
  const longest = Math.floor(limit / BAND) * BAND;
  const sizes = Array.from({ length: PICTURES }, (_, index) => longest - index * BAND).filter((size) => size > 0);
  const shown = sizes.map((size) => HOME + emptyPicture(side, size) + WHERE).join('');
  const replies = await ask(ENTER + BESIDE + shown + BELOW + LEAVE, timeoutMs);
  const places = replies.flatMap((reply) => {
    const [, row, column] = /^.\[\?(\d+);(\d+)(?:;\d+)?R$/.exec(reply) ?? [];
    return row === undefined ? [] : [Number(side === 'width' ? column : row)];
  });
  if (places.length !== sizes.length) return undefined;
  const candidates = Array.from({ length: LARGEST_CELL }, (_, index) => index + 1);
  return candidates.find((cell) => sizes.every((size, index) => placeAfter(side, size, cell) === places[index]));
}

/** One column or one band of sixels without a pixel: whatever is below them stays. */
function emptyPicture(side: Side, size: number): string {
  const [width, height] = side === 'width' ? [size, BAND] : [1, size];
  const bands = Array.from({ length: height / BAND }, () => `!${width}?`);
  return `\x1bP0;1;0q"1;1;${width};${height}${bands.join('-')}\x1b\\`;
}

/** Counted from 1: the row of the picture's last pixels, or the column behind it. */
function placeAfter(side: Side, size: number, cell: number): number {
  return side === 'width' ? Math.ceil(size / cell) + 1 : Math.floor((size - 1) / cell) + 1;
}
