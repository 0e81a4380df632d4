/** How many thumbnails stand on the gallery's page, and where. Pure. */
import { type GridCell, gridOf } from './grid.js';

export interface GalleryGrid {
  cells: GridCell[];
  /** Pictures side by side. */
  across: number;
  /** At the bottom, for the words. */
  detailRows: number;
}

const THUMB = { columns: 22, rows: 11 };
const DETAIL_ROWS = 4;

/** @param size of the screen without header and footer; the page begins on screen row 1 */
export function galleryGrid({ columns, rows }: { columns: number; rows: number }): GalleryGrid {
  const area = { row: 1, column: 1, columns: columns - 2, rows: Math.max(3, rows - DETAIL_ROWS) };
  const across = Math.max(1, Math.floor(area.columns / THUMB.columns));
  const down = Math.max(1, Math.round(area.rows / THUMB.rows));
  const cells = gridOf(area, across * down, 1);
  return { cells, across: cells.filter(({ picture }) => picture.row === area.row).length, detailRows: DETAIL_ROWS };
}

/** The page that the chosen one stands on. */
export function pageOf<T>(items: readonly T[], chosen: number, size: number): { first: number; page: readonly T[] } {
  const first = Math.floor(chosen / size) * size;
  return { first, page: items.slice(first, first + size) };
}

export function thumbSlot(index: number): string {
  return `thumb ${index}`;
}
