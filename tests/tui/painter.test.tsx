import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { render } from 'ink';
import { afterEach, describe, expect, test } from 'vitest';
import { HOLD_MS, type Painter } from '../../src/tui/painter.js';
import { createVirtualTty } from '../support/virtual-tty.js';
import {
  AREA,
  expectPictures,
  Frame,
  HALF,
  IDS,
  INK_OPTIONS,
  isInside,
  KINDS,
  layerOf,
  openInk,
  SCREEN,
  unmountAll,
  type Wanted,
} from './painter-rig.js';

afterEach(unmountAll);

const rowText = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '湖', '─'), maxLength: 25 });
const texts = fc.array(rowText, { minLength: 8, maxLength: 8 });

/** A box inside one half of the area. */
const boxes = fc
  .record({ x: fc.integer({ min: 0, max: 3 }), y: fc.integer({ min: 0, max: 2 }), wider: fc.nat(5), higher: fc.nat(3) })
  .map(({ x, y, wider, higher }) => {
    return { x, y, columns: Math.min(HALF - x, 1 + wider), rows: Math.min(AREA.rows - y, 1 + higher) };
  });
const side = fc.constantFrom('left' as const, 'right' as const);
const changes = fc.oneof(
  { weight: 4, arbitrary: fc.record({ show: side, kind: fc.constantFrom(...KINDS), box: boxes, seed: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ hide: side }) },
  { weight: 1, arbitrary: fc.constant({ again: 'repaint' as const }) },
  { weight: 1, arbitrary: fc.constant({ again: 'resend' as const }) },
);
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;
/** Each frame: some changes before it, and whether they wait for it. */
const sessions = fc.array(fc.record({ texts, changes: fc.array(changes, { maxLength: 3 }), isHeld: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
});

describe.each(['left', 'right'] as const)('pictures %s of the text', (area) => {
  const start = area === 'left' ? 0 : SCREEN.columns - AREA.columns;

  test('whatever Ink redraws and whichever come, move and go: pictures whole, text as Ink drew it, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(sessions, async (session) => {
        const { tty, painter, shown } = openInk(session[0].texts, area);
        const plain = openPlain(session[0].texts, area);
        const wanted: Wanted = new Map();
        for (const { texts, changes, isHeld } of session) {
          if (isHeld) painter.hold();
          for (const change of changes) await apply(change, painter, wanted, start);
          const before = tty.bytes.length;
          shown.rerender(<Frame texts={texts} area={area} />);
          plain.shown.rerender(<Frame texts={texts} area={area} />);
          await Promise.all([shown.waitUntilRenderFlush(), plain.shown.waitUntilRenderFlush()]);
          // Nothing had changed for Ink: what waited goes out by itself, in a timer that was set before this one.
          if (isHeld && tty.bytes.length === before) await delay(HOLD_MS);
          await Promise.all([tty.drawn(), plain.tty.drawn()]);
          await expectPictures(tty, start, wanted);
          expect(withoutArea(tty, start)).toEqual(withoutArea(plain.tty, start));
        }
        plain.shown.unmount();
        shown.unmount();
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});

async function apply(change: Change, painter: Painter, wanted: Wanted, start: number): Promise<void> {
  if ('again' in change) painter[change.again]();
  else if ('hide' in change) {
    wanted.delete(change.hide);
    painter.hide(change.hide);
  } else {
    const { show: id, kind, box, seed } = change;
    const column = start + box.x + (id === 'left' ? 0 : HALF);
    const rect = { row: AREA.row + box.y, column, columns: box.columns, rows: box.rows };
    wanted.set(id, { rect, seed, kind });
    painter.show(id, await layerOf(kind, rect, seed, IDS[id]));
  }
}

/** The same frames with nobody in between. */
function openPlain(texts: string[], area: 'left' | 'right') {
  const tty = createVirtualTty(SCREEN.columns, SCREEN.rows);
  const shown = render(<Frame texts={texts} area={area} />, { ...INK_OPTIONS, stdin: tty.stdin, stdout: tty.stdout });
  return { tty, shown };
}

function withoutArea(tty: { cell(row: number, column: number): string }, start: number): string[] {
  const area = { ...AREA, column: start };
  const row = (y: number) =>
    Array.from({ length: SCREEN.columns }, (_, x) => (isInside(area, y, x) ? '' : tty.cell(y, x))).join('|');
  return Array.from({ length: SCREEN.rows }, (_, y) => row(y));
}
