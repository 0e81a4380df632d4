/** How large the terminal's cells are, in pixels: asked at the start, and again when the window changes (font zoom). */
import type { Ask } from './ask.js';

export interface CellSize {
  width: number;
  height: number;
}

export interface CellSizes {
  /** The same object as long as the size is the same. */
  current(): CellSize;
  /** @returns how to stop listening */
  subscribe(listener: () => void): () => void;
  stop(): void;
}

/** Where the terminal does not tell: its shape is that of most fonts, its size that of a small one. */
export const USUAL_CELL: CellSize = { width: 8, height: 16 };
/** Window size in pixels, cell size in pixels (XTWINOPS). */
export const CELL_SIZE_QUERY = '\x1b[14t\x1b[16t';
/**
 * The room for sixel (XTSMGRAPHICS): xterm keeps the others to itself unless `allowWindowOps` is set, and tells its window as
 * this. Only for terminals with sixel: others may take it for a scroll.
 */
const SIXEL_ROOM_QUERY = '\x1b[?2;1;0S';
const PATIENCE_MS = 1000;

interface Screen {
  columns: number;
  rows: number;
}

/** @returns undefined when no reply tells it */
export function readCellSize(replies: readonly string[], { columns, rows }: Screen): CellSize | undefined {
  // The first character is the escape.
  const [height, width] = find(replies, /^.\[6;(\d+);(\d+)t$/);
  if (width > 0 && height > 0) return { width, height };
  const [windowHeight, windowWidth] = find(replies, /^.\[4;(\d+);(\d+)t$/);
  if (windowWidth >= columns && windowHeight >= rows)
    return { width: windowWidth / columns, height: windowHeight / rows };
  const [sixelWidth, sixelHeight] = find(replies, /^.\[\?2;0;(\d+);(\d+)S$/);
  // It is the window's only as long as that is not larger than sixel may be.
  const isWindow = sixelWidth > 0 && sixelWidth % columns === 0 && sixelHeight % rows === 0;
  return isWindow ? { width: sixelWidth / columns, height: sixelHeight / rows } : undefined;
}

/** @param replies to `CELL_SIZE_QUERY`  @param sixel does the terminal know it? */
export async function settleCellSize(
  replies: readonly string[],
  screen: Screen,
  sixel: boolean,
  ask: Ask,
  timeoutMs: number,
): Promise<CellSize | undefined> {
  const told = readCellSize(replies, screen);
  return told === undefined && sixel ? readCellSize(await ask(SIXEL_ROOM_QUERY, timeoutMs), screen) : told;
}

/** The two numbers of the first reply of this kind; NaN, NaN when there is none. */
function find(replies: readonly string[], kind: RegExp): [number, number] {
  const [, first, second] = replies.map((reply) => kind.exec(reply)).find((match) => match !== null) ?? [];
  return [Number(first ?? Number.NaN), Number(second ?? Number.NaN)];
}

/** @param report what the probe found; a terminal that did not tell its cells is not asked again */
export function watchCellSize(
  terminal: NodeJS.WriteStream,
  ask: Ask,
  { cell: first, sixel }: { cell: CellSize | undefined; sixel: boolean },
): CellSizes {
  const listeners = new Set<() => void>();
  let cell = first ?? USUAL_CELL;
  /** While a window's edge is dragged there are many sizes, and one question at a time. */
  let isAsking = false;
  let isStale = false;

  async function askAgain(): Promise<void> {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      const replies = await ask(CELL_SIZE_QUERY, PATIENCE_MS);
      takeIn(await settleCellSize(replies, terminal, sixel, ask, PATIENCE_MS));
    }
    isAsking = false;
  }

  function takeIn(told: CellSize | undefined): void {
    if (told === undefined || (told.width === cell.width && told.height === cell.height)) return;
    cell = told;
    for (const listener of listeners) listener();
  }

  const onResize = () => void askAgain();
  if (first !== undefined) terminal.on('resize', onResize);
  return {
    current: () => cell,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => void terminal.off('resize', onResize),
  };
}
