/**
 * Puts pictures beside Ink's text without Ink knowing: stands between Ink and the terminal, and repaints what a frame
 * erased of them inside that frame's own synchronized update. Drawing the same cells as Ink text costs most of a core;
 * this costs almost nothing. Needs the alternate screen and a root box as high as it, blank under the pictures.
 */
import type { Layer } from './layer.js';
import { eraseLayer, paintLayer, removalOf } from './paint-layer.js';
import { protectFrame } from './protect-frame.js';
import { isSameRect, overlaps, type Rect } from './rect.js';

export interface Painter {
  /** What Ink must be given instead of the terminal. */
  readonly stdout: NodeJS.WriteStream;
  /** Puts a layer on the screen, in place of the one with this id. Layers must not overlap. */
  show(id: string, layer: Layer): void;
  hide(id: string): void;
  /**
   * Ink is about to draw: what is shown and hidden from now on goes out inside its next frame, or, when nothing has
   * changed for Ink, after `HOLD_MS`. A layer must be gone before Ink writes where it stands.
   */
  hold(): void;
  /** All of it again: the screen may not be as it was left. */
  repaint(): void;
  /** And what was sent before it, too: the terminal may have forgotten. */
  resend(): void;
}

export interface PainterOptions {
  /** How long the terminal took to take a write with pictures in it. */
  onWrite?(ms: number): void;
  now?(): number;
}

type Done = ((error?: Error | null) => void) | undefined;

export const HOLD_MS = 50;
const [BEGIN_UPDATE, END_UPDATE] = ['\x1b[?2026h', '\x1b[?2026l'];
const [SAVE_CURSOR, RESTORE_CURSOR] = ['\x1b7', '\x1b8'];
const [ENTER_ALTERNATE_SCREEN, LEAVE_ALTERNATE_SCREEN] = ['\x1b[?1049h', '\x1b[?1049l'];
/** Terminals do not agree on how wide emoji are: a row that comes out too long must be cut, not push the others down. */
const [CUT_ROWS, WRAP_ROWS] = ['\x1b[?7l', '\x1b[?7h'];

export function createPainter(terminal: NodeJS.WriteStream, options: PainterOptions = {}): Painter {
  const { onWrite, now = () => performance.now() } = options;
  const wanted = new Map<string, Layer>();
  const painted = new Map<string, Layer>();
  /** Cells written over since the layers were painted: by Ink, and by taking layers away. */
  let hits: Rect[] | 'all' = 'all';
  /** The terminal may know nothing of what was sent. */
  let isForgotten = false;
  /** Ink's bytes since the update began. */
  let frame: string | undefined;
  let held: NodeJS.Timeout | undefined;
  /** The alternate screen was left: for good, or for the user's editor. */
  let isAway = false;

  function eraseGone(): string {
    const gone = [...painted].filter(([id, layer]) => !isReplaced(layer, wanted.get(id)));
    for (const [id] of gone) painted.delete(id);
    addHits(gone.map(([, { rect }]) => rect));
    return gone.map(([, layer]) => eraseLayer(layer, terminal)).join('');
  }

  function paint(): string {
    const known = hits;
    const isAllHit = known === 'all';
    const isHit = (row: number, box: Rect) =>
      isAllHit || known.some((rect) => overlaps(rect, { ...box, row, rows: 1 }));
    let bytes = '';
    for (const [id, layer] of wanted) {
      const before = isForgotten ? undefined : painted.get(id);
      const more = paintLayer({ layer, before, isHit, isAllHit, screen: terminal });
      if (more !== undefined) painted.set(id, layer);
      bytes += more ?? '';
    }
    [hits, isForgotten] = [[], false];
    return bytes;
  }

  /** What leaves the screen is erased before Ink's text: it must be blank under it. */
  function update(text: string, done?: Done): boolean {
    release();
    const erased = isAway ? '' : eraseGone();
    const taken = takeIn(text);
    const added = isAway ? '' : paint();
    if (erased + taken + added === '') {
      done?.();
      return true;
    }
    const body = inSavedCursor(erased) + taken + inSavedCursor(added);
    const startedAt = now();
    const isTaken = terminal.write(isSynchronized() ? BEGIN_UPDATE + body + END_UPDATE : body, done);
    if (added !== '') onWrite?.(now() - startedAt);
    return isTaken;
  }

  /**
   * kitty (0.41) loses rows of placeholders when it draws in the middle of an update, until they are written again: there
   * pictures change in an order that needs none.
   */
  function isSynchronized(): boolean {
    return ![...wanted.values()].some(({ content }) => content.kind === 'rows' && content.transmit !== undefined);
  }

  function addHits(more: Rect[] | 'all'): void {
    hits = hits === 'all' || more === 'all' ? 'all' : [...hits, ...more];
  }

  /** @returns the text, with what must be told when the screen is entered or left */
  function takeIn(text: string): string {
    const touchable = [...painted.values()].filter(({ content }) => content.kind !== 'placed');
    const rects = touchable.map(({ rect }) => rect);
    const { text: spared, hits: more } = protectFrame(text, rects, terminal.columns);
    addHits(more);
    if (text.includes(ENTER_ALTERNATE_SCREEN)) isAway = false;
    if (!text.includes(LEAVE_ALTERNATE_SCREEN))
      return spared.replace(ENTER_ALTERNATE_SCREEN, ENTER_ALTERNATE_SCREEN + CUT_ROWS);
    isAway = true;
    const removals = [...painted.values()].map(removalOf).join('');
    painted.clear();
    return removals + spared.replace(LEAVE_ALTERNATE_SCREEN, LEAVE_ALTERNATE_SCREEN + WRAP_ROWS);
  }

  function release(): void {
    clearTimeout(held);
    held = undefined;
  }

  function change(): void {
    const hasFrameToGoWith = held !== undefined || frame !== undefined;
    if (!hasFrameToGoWith && !isAway) update('');
  }

  /** Ink writes the begin mark, the frame and the end mark apart; the terminal gets one write. */
  function write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    const done = (typeof encoding === 'function' ? encoding : callback) as Done;
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    if (text === END_UPDATE && frame !== undefined) {
      const body = frame;
      frame = undefined;
      return update(body, done);
    }
    if (text === BEGIN_UPDATE) frame = '';
    else if (frame !== undefined) frame += text;
    else return terminal.write(text === '' ? '' : takeIn(text), done);
    done?.();
    return true;
  }

  return {
    stdout: withWrite(terminal, write),
    show(id, layer) {
      wanted.set(id, layer);
      change();
    },
    hide(id) {
      if (wanted.delete(id)) change();
    },
    hold() {
      release();
      held = setTimeout(() => update(''), HOLD_MS);
    },
    repaint() {
      hits = 'all';
      change();
    },
    resend() {
      [hits, isForgotten] = ['all', true];
      change();
    },
  };
}

/** By painting, with nothing to erase before: the same cells by the same kind, or by text, which covers all of them. */
function isReplaced({ rect, content }: Layer, next: Layer | undefined): boolean {
  if (next === undefined || !isSameRect(rect, next.rect)) return false;
  return next.content.kind === content.kind || next.content.kind === 'rows';
}

function inSavedCursor(bytes: string): string {
  return bytes === '' ? '' : SAVE_CURSOR + bytes + RESTORE_CURSOR;
}

function withWrite(terminal: NodeJS.WriteStream, write: NodeJS.WriteStream['write']): NodeJS.WriteStream {
  return new Proxy(terminal, {
    get(target, name) {
      if (name === 'write') return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
