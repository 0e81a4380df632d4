/** Reads Ink's bytes of one frame: which screen rows they rewrote, and from which column. */

/** Row → first column touched (from there to the line's end); 'all' when the bytes do more than that. */
export type Damage = Map<number, number> | 'all';

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

/**
 * Assumes that the frame starts at screen row 0, as it does with a root as high as the alternate screen.
 * Ink leaves an untouched row with "next line" and a written one with a line feed, so the line feed itself tells.
 */
export function toDamage(frame: string): Damage {
  const damage = new Map<number, number>();
  const touch = (row: number, column: number) => damage.set(row, Math.min(damage.get(row) ?? column, column));
  let [row, end] = [0, 0];
  for (const { 0: token, 1: column, index } of frame.matchAll(TOKENS)) {
    end = index + token.length;
    if (token === '\n') {
      if (!damage.has(row)) touch(row, 0);
      row += 1;
    } else if (token.endsWith('[E')) row += 1;
    else if (column === undefined) return 'all';
    else touch(row, Number(column === '' ? 1 : column) - 1);
  }
  const wroteLastRow = frame.slice(end).replace(CONTROLS, '') !== '';
  if (wroteLastRow && !damage.has(row)) touch(row, 0);
  return damage;
}

export function joinDamage(before: Damage, more: Damage): Damage {
  if (before === 'all' || more === 'all') return 'all';
  for (const [row, column] of more) before.set(row, Math.min(before.get(row) ?? column, column));
  return before;
}

export function isDamaged(damage: Damage, row: number, endColumn: number): boolean {
  return damage === 'all' || (damage.get(row) ?? Number.POSITIVE_INFINITY) < endColumn;
}
