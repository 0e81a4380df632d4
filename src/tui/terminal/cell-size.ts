/** How large the terminal's cells are, in pixels: asked at the start, and again when the window changes (font zoom). */
import type { Ask } from './ask.js';
import { measureCells } from './measure-cells.js';
import { readSixelRoom, SIXEL_ROOM_QUERY, type SixelRoom } from './sixel-room.js';

export interface CellSize {
  width: number;
  height: number;
}

export interface CellSizes {
  /** The same object as long as the size is the same. */
  current(): CellSize;
  /** @returns how to stop listening */
  subscribe(listener: () => void): () => void;
  /** Another program has the terminal, or it is ours again: nothing is asked meanwhile, and everything once more after it. */
  setOurs(isOurs: boolean): void;
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

/** @param replies to `CELL_SIZE_QUERY`  @returns undefined when no reply has it */
export function readCellSize(replies: readonly string[], { columns, rows }: Screen): CellSize | undefined {
  // The first character is the escape.
  const [height, width] = find(replies, /^.\[6;(\d+);(\d+)t$/);
  if (width > 0 && height > 0) return { width, height };
  const [windowHeight, windowWidth] = find(replies, /^.\[4;(\d+);(\d+)t$/);
  if (windowWidth < columns || windowHeight < rows || Number.isNaN(windowWidth)) return undefined;
  return { width: windowWidth / columns, height: windowHeight / rows };
}

/**
 * xterm does not report its window's size unless `allowWindowOps` is set, but it reports the room for sixel, which is the window
 * up to the sixel limit.
 * @returns a side that is left out is larger than what was reported
 */
export function cellOfRoom({ window, limit }: SixelRoom, { columns, rows }: Screen): Partial<CellSize> {
  if (window === undefined) return {};
  const side = (pixels: number, most: number, cells: number) =>
    pixels < most && pixels % cells === 0 ? pixels / cells : undefined;
  return { width: side(window.width, limit.width, columns), height: side(window.height, limit.height, rows) };
}

/** What the room does not tell is measured. Draws on the screen: only for a start. */
export async function settleCellSize(
  room: SixelRoom,
  screen: Screen,
  ask: Ask,
  timeoutMs: number,
): Promise<CellSize | undefined> {
  const { window, limit } = room;
  if (window === undefined) return undefined;
  const reported = cellOfRoom(room, screen);
  const width = reported.width ?? (await measureCells(ask, 'width', limit.width, timeoutMs));
  const height = reported.height ?? (await measureCells(ask, 'height', limit.height, timeoutMs));
  // Where that fails: as small as they can be, so that a picture is smaller than it might be, and never larger than its box.
  return { width: width ?? window.width / screen.columns, height: height ?? window.height / screen.rows };
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
  let isOurs = true;
  let isWatching = first !== undefined;

  async function askAgain(): Promise<void> {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale && isOurs) {
      isStale = false;
      const replies = await ask(CELL_SIZE_QUERY, PATIENCE_MS);
      takeIn(readCellSize(replies, terminal) ?? (sixel ? await askRoom() : undefined));
    }
    isAsking = false;
  }

  /** A window that is larger than its room is not measured again: its cells are most probably what they were. */
  async function askRoom(): Promise<CellSize> {
    const room = readSixelRoom(await ask(SIXEL_ROOM_QUERY, PATIENCE_MS));
    const { width = cell.width, height = cell.height } = cellOfRoom(room, terminal);
    return { width, height };
  }

  function takeIn(reported: CellSize | undefined): void {
    if (reported === undefined || (reported.width === cell.width && reported.height === cell.height)) return;
    cell = reported;
    for (const listener of listeners) listener();
  }

  const onResize = () => {
    if (isWatching) void askAgain();
  };
  terminal.on('resize', onResize);
  return {
    setOurs(nowOurs) {
      const isBack = nowOurs && !isOurs;
      isOurs = nowOurs;
      if (isBack) onResize();
    },
    current: () => cell,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      isWatching = false;
      terminal.off('resize', onResize);
    },
  };
}
