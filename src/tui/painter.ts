/**
 * Puts a picture beside Ink's text without Ink knowing: stands between Ink and the terminal, and repaints the picture's
 * rows that a frame erased inside that frame's own synchronized update. Drawing the same cells as Ink text costs most of
 * a core; this costs almost nothing. Needs the alternate screen and a root box as high as it, blank under the picture.
 */
import { type Damage, isDamaged, toDamage } from './frame-damage.js';

export interface PaintedPicture {
  /** Screen cells, from 0 at the top left. */
  row: number;
  column: number;
  columns: number;
  /** One string for each text row: `columns` cells with their colours. */
  lines: readonly string[];
}

export interface Painter {
  /** What Ink must be given instead of the terminal. */
  readonly stdout: NodeJS.WriteStream;
  /** Replaces the picture that is on screen, in one write. */
  show(picture: PaintedPicture): void;
  hide(): void;
}

const BEGIN_UPDATE = '\x1b[?2026h';
const END_UPDATE = '\x1b[?2026l';
const [SAVE_CURSOR, RESTORE_CURSOR] = ['\x1b7', '\x1b8'];
const RESET_STYLE = '\x1b[0m';
const LEAVE_ALTERNATE_SCREEN = '\x1b[?1049l';

const moveTo = (row: number, column: number) => `\x1b[${row + 1};${column + 1}H`;
const inUpdate = (body: string) => BEGIN_UPDATE + body + END_UPDATE;

export function createPainter(terminal: NodeJS.WriteStream): Painter {
  let picture: PaintedPicture | undefined;
  /** Ink's bytes since the update began. */
  let frame: string | undefined;
  /** Done to the screen since the picture was last painted whole. */
  let damage: Damage = 'all';
  let isOver = false;

  /** Absolute moves are clamped to the screen: what is outside it must not be drawn, it would land on the last line. */
  function isVisible(row: number, { column, columns }: PaintedPicture): boolean {
    return row < terminal.rows && column + columns <= terminal.columns;
  }

  /** The rows of `target` that `wanted` picks and the screen has. */
  function toBytes(target: PaintedPicture, wanted: (row: number) => boolean): string {
    const rows = target.lines.map((line, index) => ({ line, row: target.row + index }));
    const bytes = rows
      .filter(({ row }) => wanted(row) && isVisible(row, target))
      .map(({ line, row }) => moveTo(row, target.column) + RESET_STYLE + line + RESET_STYLE)
      .join('');
    return bytes === '' ? '' : SAVE_CURSOR + bytes + RESTORE_CURSOR;
  }

  function paint(): string {
    if (picture === undefined || isOver) return '';
    const [repair, end] = [damage, picture.column + picture.columns];
    damage = new Map();
    return toBytes(picture, (row) => isDamaged(repair, row, end));
  }

  function blank(target: PaintedPicture): string {
    const spaces = ' '.repeat(target.columns);
    return toBytes({ ...target, lines: target.lines.map(() => spaces) }, () => true);
  }

  function takeIn(text: string): void {
    const more = toDamage(text);
    if (damage === 'all' || more === 'all') damage = 'all';
    else for (const [row, column] of more) damage.set(row, Math.min(damage.get(row) ?? column, column));
    if (text.includes(LEAVE_ALTERNATE_SCREEN)) isOver = true;
  }

  /** Ink writes the begin mark, the frame and the end mark apart; the terminal gets one write. */
  function write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    const done = (typeof encoding === 'function' ? encoding : callback) as ((error?: Error | null) => void) | undefined;
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    if (text === BEGIN_UPDATE) frame = '';
    else if (text === END_UPDATE && frame !== undefined) return endFrame(frame, done);
    else if (frame !== undefined) frame += text;
    else {
      if (text !== '') takeIn(text);
      return terminal.write(text, done);
    }
    done?.();
    return true;
  }

  function endFrame(body: string, done: ((error?: Error | null) => void) | undefined): boolean {
    frame = undefined;
    takeIn(body);
    return terminal.write(inUpdate(body + paint()), done);
  }

  return {
    stdout: new Proxy(terminal, {
      get(target, name) {
        if (name === 'write') return write;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
    show(next) {
      const before = picture;
      const moved = before !== undefined && !isSamePlace(before, next);
      picture = next;
      damage = 'all';
      if (!isOver) terminal.write(inUpdate((moved ? blank(before) : '') + paint()));
    },
    hide() {
      const before = picture;
      picture = undefined;
      if (before !== undefined && !isOver) terminal.write(inUpdate(blank(before)));
    },
  };
}

function isSamePlace(a: PaintedPicture, b: PaintedPicture): boolean {
  return a.row === b.row && a.column === b.column && a.columns === b.columns && a.lines.length === b.lines.length;
}
