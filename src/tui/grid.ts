/** A grid of pictures with a line of text under each, as large as the area lets them be. Pure. */
import { fitPicture } from './layout.js';
import type { Rect } from './rect.js';

export interface GridCell {
  picture: Rect;
  label: { row: number; column: number; columns: number };
}

const GAP_COLUMNS = 2;
const LABEL_ROWS = 1;

/** @param aspect width / height of the pictures  @returns a cell for each of `count` pictures, row by row */
export function gridOf(area: Rect, count: number, aspect: number): GridCell[] {
  const grids = Array.from({ length: count }, (_, i) => toGrid(area, count, i + 1, aspect));
  const best = grids.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a), grids[0] ?? []);
  return best;
}

/** Screen cells of one picture. */
function sizeOf([cell]: GridCell[]): number {
  return cell === undefined ? 0 : cell.picture.columns * cell.picture.rows;
}

function toGrid(area: Rect, count: number, across: number, aspect: number): GridCell[] {
  const down = Math.ceil(count / across);
  const width = Math.floor((area.columns - GAP_COLUMNS * (across - 1)) / across);
  const height = Math.floor(area.rows / down);
  const { columns, rows } = fitPicture({ columns: width, rows: height - LABEL_ROWS }, aspect);
  const indent = Math.floor((width - columns) / 2);
  return Array.from({ length: count }, (_, index) => {
    const column = area.column + (index % across) * (width + GAP_COLUMNS) + indent;
    const row = area.row + Math.floor(index / across) * height;
    return { picture: { row, column, columns, rows }, label: { row: row + rows, column, columns: width - indent } };
  });
}
