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
const PATIENCE_MS = 1000;

interface Screen {
  columns: number;
  rows: number;
}

/** The first character is the escape. */
const REPLY = /^.\[([46]);(\d+);(\d+)t$/;

/** @returns undefined when no reply tells it */
export function readCellSize(replies: readonly string[], screen: Screen): CellSize | undefined {
  const told = replies.flatMap((reply) => {
    const [, kind, height, width] = REPLY.exec(reply) ?? [];
    return kind === undefined ? [] : [{ kind, height: Number(height), width: Number(width) }];
  });
  const cell = told.find(({ kind }) => kind === '6');
  if (cell !== undefined && cell.width > 0 && cell.height > 0) return { width: cell.width, height: cell.height };
  const window = told.find(({ kind }) => kind === '4');
  if (window === undefined || window.width < screen.columns || window.height < screen.rows) return undefined;
  return { width: window.width / screen.columns, height: window.height / screen.rows };
}

/** @param first what the probe found; a terminal that did not tell is not asked again */
export function watchCellSize(terminal: NodeJS.WriteStream, ask: Ask, first: CellSize | undefined): CellSizes {
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
      takeIn(readCellSize(await ask(CELL_SIZE_QUERY, PATIENCE_MS), terminal));
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
