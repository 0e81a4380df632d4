/** Boxes of the screen, in cells. */

/** Row and column count from 0 at the screen's top left. */
export interface Rect {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

export function isSameRect(a: Rect, b: Rect): boolean {
  return a.row === b.row && a.column === b.column && a.rows === b.rows && a.columns === b.columns;
}

export function overlaps(a: Rect, b: Rect): boolean {
  const across = a.column < b.column + b.columns && b.column < a.column + a.columns;
  return across && a.row < b.row + b.rows && b.row < a.row + a.rows;
}

/** The part in the middle; an odd rest goes to the right and below. */
export function inMiddleOf(area: Rect, { rows, columns }: Pick<Rect, 'rows' | 'columns'>): Rect {
  const row = area.row + Math.floor((area.rows - rows) / 2);
  return { row, column: area.column + Math.floor((area.columns - columns) / 2), rows, columns };
}
