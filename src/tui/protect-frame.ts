/**
 * Lets Ink's frame erase around pictures. Ink erases a changed row from its first changed cell to the line's end, and with
 * it every picture on the right, though its own text ends before them: here the erase is cut into the parts between pictures.
 */
import { cellWidth } from './cell-width.js';
import type { Rect } from './rect.js';

export interface ProtectedFrame {
  text: string;
  /** Cells that the frame may have written over; 'all' when it does more than change rows. */
  hits: Rect[] | 'all';
}

const ESC = '\\u001b';
/**
 * Next line · erase from a column to the line's end (Ink's incremental update) · anything that erases lines or the
 * screen, moves to an absolute place or changes the screen buffer.
 */
const TOKENS = new RegExp(
  `${ESC}\\[E|\\n|${ESC}\\[(\\d*)G${ESC}\\[0?K|${ESC}\\[(?:2K|[0-3]?J|\\d*(?:;\\d*)?H|\\?1049[hl])`,
  'g',
);

const CONTROLS = new RegExp(`${ESC}\\[[0-?]*[@-~]`, 'g');

const toColumn = (column: number) => `\x1b[${column + 1}G`;
const toPlain = (text: string) => text.replace(CONTROLS, '');

/**
 * Assumes that the frame starts at screen row 0, as it does with a root as high as the alternate screen.
 * Ink leaves an untouched row with "next line" and a written one with a line feed, so the line feed itself tells.
 * @param pictures on the screen, of kinds that text erases  @param columns of the screen
 */
export function protectFrame(frame: string, pictures: readonly Rect[], columns: number): ProtectedFrame {
  const tokens = [...frame.matchAll(TOKENS)];
  const hits: Rect[] = [];
  let [row, text, end, isKnown] = [0, '', 0, false];
  const hit = (column: number, until: number) => hits.push({ row, column, rows: 1, columns: until - column });

  for (const [at, { 0: token, 1: start, index }] of tokens.entries()) {
    text += frame.slice(end, index);
    end = index + token.length;
    if (token === '\n' || token.endsWith('[E')) {
      if (token === '\n' && !isKnown) hit(0, columns);
      text += token;
      [row, isKnown] = [row + 1, false];
    } else if (start === undefined) {
      return { text: frame, hits: 'all' };
    } else {
      const from = Number(start === '' ? 1 : start) - 1;
      const until = from + cellWidth(toPlain(frame.slice(end, tokens[at + 1]?.index)));
      const spared = pictures.filter((picture) => isOn(row, picture) && picture.column >= until);
      text += eraseBetween(from, spared, columns);
      hit(from, Math.min(columns, ...spared.map(({ column }) => column)));
      isKnown = true;
    }
  }
  const rest = frame.slice(end);
  if (!isKnown && toPlain(rest) !== '') hit(0, columns);
  return { text: text + rest, hits };
}

function isOn(row: number, { row: top, rows }: Rect): boolean {
  return row >= top && row < top + rows;
}

/** From a column to the line's end, but for these; the cursor is back at the column then. */
function eraseBetween(from: number, spared: readonly Rect[], columns: number): string {
  let [bytes, at] = [toColumn(from), from];
  for (const { column, columns: width } of spared.toSorted((a, b) => a.column - b.column)) {
    const gap = column - at;
    if (gap > 0) bytes += `${at === from ? '' : toColumn(at)}\x1b[${gap}X`;
    at = column + width;
  }
  if (at === from) return `${bytes}\x1b[K`;
  return at < columns ? `${bytes}${toColumn(at)}\x1b[K${toColumn(from)}` : bytes + toColumn(from);
}
