/** stderr is a terminal: one line rewritten in place, and below it the picture as it develops. */
import { toHalfBlocks } from '../tui/graphics/half-block.js';
import type { PictureColor } from '../tui/terminal/color-depth.js';
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
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** Pixels that the screen can show: what to ask previews for. */
export function previewBox({ columns = 80, rows = 24 }: Terminal): { maxWidth: number; maxHeight: number } {
  const shownRows = Math.max(1, Math.min(MAX_ROWS, rows - ROWS_KEPT_FREE));
  return { maxWidth: Math.max(1, Math.min(MAX_COLUMNS, columns - 1)), maxHeight: shownRows * 2 };
}

/** @param color undefined = no picture  @param count pictures of the job */
export function createLiveScreen(terminal: Terminal, color: PictureColor | undefined, count: number): Reporter {
  let line = '';
  let picture: string[] = [];
  let drawnRows = 0;
  let closed = false;

  function draw(): void {
    if (closed) return;
    const rows = [line, ...picture];
    terminal.write(
      `${BEGIN_FRAME}${toTop()}${rows.map((row) => row + CLEAR_TO_LINE_END).join('\r\n')}${CLEAR_BELOW}${END_FRAME}`,
    );
    drawnRows = rows.length;
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
      if (event.type === 'preview' && color !== undefined) {
        const { width, height, bytes } = event;
        picture = toHalfBlocks({ width, height, pixels: bytes }, { color });
      }
      const columns = (terminal.columns ?? 80) - 1;
      line = toLine(event, toProgress(event, count), columns)?.slice(0, columns) ?? line;
      draw();
    },
    async finished(bytes) {
      if (color === undefined) return;
      const { decodeToBox } = await import('../tui/decode-picture.js');
      picture = toHalfBlocks(await decodeToBox(bytes, previewBox(terminal)), { color });
      draw();
    },
    saved(path) {
      keepPicture();
      printPath(path);
    },
    note,
    failed: () => erase(),
    close() {
      if (!closed) keepPicture();
      closed = true;
    },
  };

  /** The bar has done its work; the picture stays above whatever is printed next. */
  function keepPicture(): void {
    erase();
    if (picture.length > 0) terminal.write(`${picture.join('\r\n')}\r\n`);
    picture = [];
    line = '';
  }
}
