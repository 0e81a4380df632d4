/** stderr is a terminal: one line rewritten in place, and below it the picture as it develops. */
import { toHalfBlocks } from '../tui/graphics/half-block.js';
import { type RgbPicture, resample } from '../tui/graphics/resample.js';
import type { PictureColor } from '../tui/terminal/color-depth.js';
import type { LendTerminal } from '../tui/terminal/job-control.js';
import { notesOf, printPath, type Reporter, toLine, toProgress } from './reporter.js';

const MAX_COLUMNS = 40;
const MAX_ROWS = 20;
/** The bar, the line of the path and the shell's prompt stay in sight. */
const ROWS_KEPT_FREE = 4;
/** Both in one write: the terminal shows no half-drawn frame (DEC private mode 2026). */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const CLEAR_TO_LINE_END = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

interface Terminal {
  write(text: string, done?: () => void): unknown;
  columns?: number;
  rows?: number;
}

/** The last one stays free: a full row would wrap. */
const columnsOf = ({ columns = 80 }: Terminal) => columns - 1;

/** Pixels that the screen can show: what to ask previews for. */
export function previewBox(terminal: Terminal): { maxWidth: number; maxHeight: number } {
  const shownRows = Math.max(1, Math.min(MAX_ROWS, (terminal.rows ?? 24) - ROWS_KEPT_FREE));
  return { maxWidth: Math.max(1, Math.min(MAX_COLUMNS, columnsOf(terminal))), maxHeight: shownRows * 2 };
}

export interface LiveScreen extends Reporter {
  /** Leaves nothing on the terminal while the work is done, and draws everything again. */
  lend: LendTerminal;
}

/** @param color undefined = no picture  @param count pictures of the job */
export function createLiveScreen(terminal: Terminal, color: PictureColor | undefined, count: number): LiveScreen {
  let line = '';
  let picture: RgbPicture | undefined;
  /** The picture that is being made, as far as events have said. */
  let current = 0;
  let drawnRows = 0;
  let closed = false;
  let isLent = false;

  function draw(): void {
    if (closed || isLent) return;
    const rows = [line.slice(0, columnsOf(terminal)), ...toRows(picture)];
    terminal.write(
      `${BEGIN_FRAME}${toTop()}${rows.map((row) => row + CLEAR_TO_LINE_END).join('\r\n')}${CLEAR_BELOW}${END_FRAME}`,
    );
    drawnRows = rows.length;
  }

  /** Fits into the window, which may be smaller than when the picture was asked for. */
  function toRows(shown: RgbPicture | undefined): string[] {
    if (shown === undefined || color === undefined) return [];
    const { maxWidth, maxHeight } = previewBox(terminal);
    const share = Math.min(1, maxWidth / shown.width, maxHeight / shown.height);
    const [width, height] = [shown.width, shown.height].map((side) => Math.max(1, Math.floor(side * share)));
    return toHalfBlocks(resample(shown, width, height), { color });
  }

  function toTop(): string {
    return drawnRows > 1 ? `\x1b[${drawnRows - 1}A\r` : '\r';
  }

  function erase(): void {
    terminal.write(`${toTop()}${CLEAR_BELOW}`);
    drawnRows = 0;
  }

  function note(text: string): void {
    erase();
    terminal.write(`${text}\r\n`);
    draw();
  }

  return {
    event(event) {
      notesOf(event).forEach(note);
      if (event.type === 'preview' || event.type === 'progress') current = event.image;
      if (event.type === 'preview' && color !== undefined) {
        const { width, height, bytes } = event;
        picture = { width, height, pixels: bytes };
      }
      line = toLine(event, toProgress(event, count), columnsOf(terminal)) ?? line;
      draw();
    },
    async saved(path, image, bytes) {
      const shown = await decode(bytes);
      // What is on the screen below is of this picture, unless the next one has begun.
      if (current <= image.n) [picture, line] = [undefined, ''];
      erase();
      stay(toRows(shown));
      printPath(path);
      if (current > image.n) draw();
    },
    note,
    failed: () => erase(),
    async lend(work, isTaken = false) {
      if (!closed && !isTaken) erase();
      drawnRows = 0;
      isLent = true;
      // What a signal interrupted is written later: it must be out before the process stops.
      await new Promise<void>((resolve) => terminal.write('', resolve));
      await work();
      isLent = false;
      draw();
    },
    close() {
      if (closed) return;
      closed = true;
      erase();
      stay(toRows(picture));
    },
  };

  /** The file is safe on the disk: that it cannot be drawn is no reason to fail. */
  async function decode(bytes: Uint8Array): Promise<RgbPicture | undefined> {
    if (color === undefined) return undefined;
    try {
      const { decodeToBox } = await import('../tui/decode-picture.js');
      return await decodeToBox(bytes, previewBox(terminal));
    } catch {
      return undefined;
    }
  }

  /** Above whatever is written next. */
  function stay(rows: string[]): void {
    if (rows.length > 0) terminal.write(`${rows.join('\r\n')}\r\n`);
  }
}
