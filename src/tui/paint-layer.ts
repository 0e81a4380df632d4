/** The bytes that paint one layer as far as it must be, and those that take it away. Pure. */
import type { ImageContent, Layer, PlacedContent, RowsContent } from './layer.js';
import type { Rect } from './rect.js';

export interface PaintTask {
  layer: Layer;
  /** What is on the screen under this id, in the same box; undefined = nothing that the terminal still knows. */
  before: Layer | undefined;
  /** Was this row of a box written over since? */
  isHit(row: number, box: Rect): boolean;
  /** The whole screen was. */
  isAllHit: boolean;
  screen: ScreenSize;
}

export interface ScreenSize {
  columns: number;
  rows: number;
}

const RESET_STYLE = '\x1b[0m';

const moveTo = (row: number, column: number) => `\x1b[${row + 1};${column + 1}H`;

/** Absolute moves are clamped to the screen: what is outside it must not be drawn, it would land on the last line. */
function hasRow({ columns, rows }: ScreenSize, row: number, rect: Rect): boolean {
  return row < rows && rect.column + rect.columns <= columns;
}

/** @returns undefined when it cannot be painted on this screen; '' when nothing is to be done */
export function paintLayer(task: PaintTask): string | undefined {
  const { rect, content } = task.layer;
  if (content.kind === 'rows') return paintRows(task, content);
  if (!hasRow(task.screen, rect.row + rect.rows - 1, rect)) return undefined;
  const bytes = content.kind === 'image' ? paintImage(task, content) : paintPlaced(task, content);
  return bytes === '' ? '' : moveTo(rect.row, rect.column) + bytes;
}

/** Only rows that differ from what is there, or were hit. What they showed before goes when they show it no longer. */
function paintRows({ layer, before, isHit, screen }: PaintTask, { lines, transmit = '' }: RowsContent): string {
  const { rect } = layer;
  const old = before?.content.kind === 'rows' ? before.content : undefined;
  const changed = lines.map((line, index) => {
    const row = rect.row + index;
    const isThere = line === old?.lines[index] && !isHit(row, rect);
    return isThere || !hasRow(screen, row, rect) ? '' : moveTo(row, rect.column) + RESET_STYLE + line + RESET_STYLE;
  });
  return (transmit === old?.transmit ? '' : transmit) + changed.join('') + removalOfOld(layer, before);
}

/** A hole in it can only be filled by all of it. */
function paintImage({ layer: { rect }, before, isHit }: PaintTask, { bytes }: ImageContent): string {
  const isThere = before?.content.kind === 'image' && before.content.bytes === bytes;
  return isThere && !rowsOf(rect).some((row) => isHit(row, rect)) ? '' : RESET_STYLE + bytes;
}

/** Text does not touch it, but an erased screen may have. */
function paintPlaced({ layer, before, isAllHit }: PaintTask, { transmit, place }: PlacedContent): string {
  const isThere = before?.content.kind === 'placed' && before.content.transmit === transmit;
  if (!isThere) return transmit + removalOfOld(layer, before);
  return isAllHit ? place : '';
}

/** Nothing when the new picture has the number of the old one, which then is gone already. */
function removalOfOld(layer: Layer, before: Layer | undefined): string {
  if (before === undefined || removalOf(before) === removalOf(layer)) return '';
  return removalOf(before);
}

/** Blanks exactly its cells, and frees what the terminal keeps of it. */
export function eraseLayer({ rect, content }: Layer, screen: ScreenSize): string {
  if (content.kind === 'placed') return content.remove;
  const blank = rowsOf(rect)
    .filter((row) => hasRow(screen, row, rect))
    .map((row) => moveTo(row, rect.column) + RESET_STYLE + ' '.repeat(rect.columns))
    .join('');
  return blank + removalOf({ rect, content });
}

/** What the terminal must be told even when the screen itself is left. */
export function removalOf({ content }: Layer): string {
  return content.kind === 'image' ? '' : (content.remove ?? '');
}

function rowsOf({ row, rows }: Rect): number[] {
  return Array.from({ length: rows }, (_, index) => row + index);
}
