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
  /** The picture that is being made, as far as events have said. */
  let current = 0;
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
      if (event.type === 'preview' || event.type === 'progress') current = event.image;
      if (event.type === 'preview' && color !== undefined) {
        const { width, height, bytes } = event;
        picture = toHalfBlocks({ width, height, pixels: bytes }, { color });
      }
      const columns = (terminal.columns ?? 80) - 1;
      line = toLine(event, toProgress(event, count), columns)?.slice(0, columns) ?? line;
      draw();
    },
    async saved(path, image, bytes) {
      const rows = await toRows(bytes);
      // What is on the screen below is of this picture, unless the next one has begun.
      if (current <= image.n) [picture, line] = [[], ''];
      erase();
      stay(rows);
      printPath(path);
      if (current > image.n) draw();
    },
    note,
    failed: () => erase(),
    close() {
      if (closed) return;
      closed = true;
      erase();
      stay(picture);
    },
  };

  /** The file is safe on the disk: that it cannot be drawn is no reason to fail. */
  async function toRows(bytes: Uint8Array): Promise<string[]> {
    if (color === undefined) return [];
    try {
      const { decodeToBox } = await import('../tui/decode-picture.js');
      return toHalfBlocks(await decodeToBox(bytes, previewBox(terminal)), { color });
    } catch {
      return [];
    }
  }

  /** Above whatever is written next. */
  function stay(rows: string[]): void {
    if (rows.length > 0) terminal.write(`${rows.join('\r\n')}\r\n`);
  }
}
