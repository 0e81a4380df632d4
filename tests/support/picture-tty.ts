/**
 * A terminal in memory that also shows pictures, of all kinds: a sixel or iTerm2 picture becomes cells that say which part of
 * which picture they show, so that text wipes them out as it does in a terminal; kitty's are kept as kitty keeps them.
 */
import { decodePixels } from '../../src/tui/decode-picture.js';
import type { RgbPicture } from '../../src/tui/graphics/resample.js';
import type { CellSize } from '../../src/tui/terminal/cell-size.js';
import { INLINE_IMAGE, KITTY, readInlineImage, readKitty, readSixel, SIXEL, unwrapTmux } from './picture-escapes.js';
import { createVirtualTty, type VirtualTty } from './virtual-tty.js';

export interface PictureTty extends VirtualTty {
  /** The mean colour of the part of a picture that a cell shows; undefined = it shows none. Call after `drawn`. */
  colorAt(row: number, column: number): Promise<number[] | undefined>;
  /** Pictures that the terminal keeps for kitty's protocol, by their numbers. */
  readonly kept: number[];
}

interface Shown {
  pixels: Promise<RgbPicture>;
  columns: number;
  rows: number;
}

interface KeptImage extends Shown {
  /** Where it stands on its own plane; undefined = by placeholders only. */
  place: { row: number; column: number } | undefined;
}

const MARK = '▒';
const PLACEHOLDER = '\u{10EEEE}';
/** xterm's mark of a 24-bit colour. */
const RGB_MODE = 50331648;

const code = (value: number) => `2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
const MOVE = '\\u001b\\[(?<row>\\d+);(?<column>\\d+)H';

export function createPictureTty(
  columns: number,
  rows: number,
  { cell = { width: 8, height: 16 }, inTmux = false }: { cell?: CellSize; inTmux?: boolean } = {},
): PictureTty {
  const images: Shown[] = [];
  const kept = new Map<number, KeptImage>();

  /** @throws Error when the picture would stand wherever the cursor happens to be */
  function toMarks(moveAndEscape: string): string {
    const { row, column } = new RegExp(`^${MOVE}`).exec(moveAndEscape)?.groups ?? {};
    if (row === undefined) throw new Error('a picture without a place');
    const image = SIXEL.test(moveAndEscape) ? fromSixel(moveAndEscape) : fromInlineImage(moveAndEscape);
    images.push(image);
    const line = (y: number) => {
      const cells = Array.from(
        { length: image.columns },
        (_, x) => `\x1b[38;${code(images.length)};48;${code(y * image.columns + x)}m${MARK}`,
      );
      return `\x1b[${Number(row) + y};${column}H${cells.join('')}\x1b[0m`;
    };
    return Array.from({ length: image.rows }, (_, y) => line(y)).join('');
  }

  function fromSixel(bytes: string): Shown {
    const picture = readSixel(bytes);
    const size = { columns: Math.ceil(picture.width / cell.width), rows: Math.ceil(picture.height / cell.height) };
    return { pixels: Promise.resolve(picture), ...size };
  }

  function fromInlineImage(bytes: string): Shown {
    const { keys, file } = readInlineImage(bytes);
    return { pixels: decodePixels(file), columns: Number(keys.width), rows: Number(keys.height) };
  }

  /** kitty's own state, told apart from the text. */
  function takeKitty(chunk: string): void {
    const escapes = new RegExp(`${MOVE}|${KITTY.source}`, 'g');
    let at: { row: number; column: number } | undefined;
    let open = '';
    for (const { 0: text, groups } of chunk.matchAll(escapes)) {
      if (groups?.row !== undefined) {
        at = { row: Number(groups.row) - 1, column: Number(groups.column) - 1 };
        continue;
      }
      open += text;
      if (/[,G]m=1/.test(text)) continue;
      for (const { keys, payload } of readKitty(open)) runKitty(keys, payload, at);
      open = '';
    }
  }

  function runKitty(keys: Record<string, string>, png: Buffer, at: KeptImage['place']): void {
    const [id, size] = [Number(keys.i), { columns: Number(keys.c), rows: Number(keys.r) }];
    if (keys.a === 'd') kept.delete(id);
    else if (keys.a === 'T')
      kept.set(id, { pixels: decodePixels(png), ...size, place: keys.U === '1' ? undefined : at });
    else if (keys.a === 'p') {
      const image = kept.get(id);
      if (image === undefined) throw new Error(`picture ${id} is placed, but was not sent`);
      kept.set(id, { ...image, ...size, place: at });
    } else throw new Error(`unknown kitty command ${keys.a}`);
  }

  const tty = createVirtualTty(columns, rows, (chunk) => {
    const text = inTmux ? unwrapTmux(chunk) : chunk;
    takeKitty(text);
    const cellPictures = new RegExp(`(?:${MOVE}(?:\\u001b\\[0m)?)?(?:${SIXEL.source}|${INLINE_IMAGE.source})`, 'g');
    return text.replace(KITTY, '').replace(cellPictures, toMarks);
  });

  function partAt(row: number, column: number): { image: Shown; x: number; y: number } | undefined {
    for (const image of kept.values()) {
      if (image.place === undefined) continue;
      const [x, y] = [column - image.place.column, row - image.place.row];
      if (x >= 0 && y >= 0 && x < image.columns && y < image.rows) return { image, x, y };
    }
    const { chars, fore, back } = readCell(tty.cell(row, column));
    if (chars.startsWith(PLACEHOLDER)) return placeholderAt(row, column, fore);
    if (!chars.startsWith(MARK)) return undefined;
    const image = images[fore - 1];
    return { image, x: back % image.columns, y: Math.floor(back / image.columns) };
  }

  /** The first cell of a run tells its row and column. */
  function placeholderAt(row: number, column: number, id: number): ReturnType<typeof partAt> {
    const image = kept.get(id);
    let start = column;
    while (readCell(tty.cell(row, start)).chars === PLACEHOLDER) start -= 1;
    const marks = [...readCell(tty.cell(row, start)).chars].slice(1);
    if (image === undefined || marks.length < 2) return undefined;
    const [y, x] = marks.map((mark) => ROW_MARKS.indexOf(mark));
    return { image, x: x + column - start, y };
  }

  return Object.defineProperties(tty as PictureTty, {
    kept: { get: () => [...kept.keys()] },
    colorAt: {
      value: async (row: number, column: number) => {
        const part = partAt(row, column);
        return part && meanColor(await part.image.pixels, part.image, part.x, part.y);
      },
    },
  });
}

/** The first marks of the protocol's table, copied from its documentation rather than from what is tested. */
const ROW_MARKS = [
  ...'\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357\u035b\u0363\u0364\u0365',
  ...'\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484\u0485\u0486\u0487\u0592\u0593\u0594\u0595\u0597',
];

function readCell(cell: string): { chars: string; fore: number; back: number } {
  const [, chars = '', fore = '', back = ''] = /^(.*)\/(\d+:-?\d+)\/(\d+:-?\d+)$/s.exec(cell) ?? [];
  const value = (color: string) => (color.startsWith(`${RGB_MODE}:`) ? Number(color.split(':')[1]) : -1);
  return { chars, fore: value(fore), back: value(back) };
}

function meanColor({ width, height, pixels }: RgbPicture, { columns, rows }: Shown, x: number, y: number): number[] {
  const [left, right] = [x, x + 1].map((column) => Math.floor((column * width) / columns));
  const [top, bottom] = [y, y + 1].map((row) => Math.floor((row * height) / rows));
  const sum = [0, 0, 0];
  let count = 0;
  for (let py = top; py < Math.max(bottom, top + 1); py++) {
    for (let px = left; px < Math.max(right, left + 1); px++) {
      for (const channel of [0, 1, 2]) sum[channel] += pixels[(py * width + px) * 3 + channel];
      count += 1;
    }
  }
  return sum.map((value) => Math.round(value / count));
}
