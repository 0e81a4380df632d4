import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Box, type Instance, render, Text } from 'ink';
import { afterEach, describe, expect, test } from 'vitest';
import { toHalfBlocks } from '../../src/tui/graphics/half-block.js';
import {
  deleteImage,
  placeAtCursor,
  toPlaceholders,
  transmitForPlaceholders,
  transmitToCursor,
} from '../../src/tui/graphics/kitty.js';
import { toOwnPalette, toSixel } from '../../src/tui/graphics/sixel.js';
import type { Layer, LayerContent } from '../../src/tui/layer.js';
import { createPainter, HOLD_MS, type Painter } from '../../src/tui/painter.js';
import type { Rect } from '../../src/tui/rect.js';
import { createPictureTty, type PictureTty } from '../support/picture-tty.js';
import { paint, toFile } from '../support/pixels.js';
import { createVirtualTty } from '../support/virtual-tty.js';

const SCREEN = { columns: 48, rows: 12 };
/** Left blank by Ink: two pictures side by side. */
const AREA = { columns: 18, rows: 6, row: 3 };
const HALF = AREA.columns / 2;
const CELL = { width: 8, height: 16 };
const KINDS = ['half blocks', 'sixel', 'placeholders', 'placed'] as const;
type Kind = (typeof KINDS)[number];
const IDS = { left: 7, right: 8 };

/** Each cell of each picture has a colour of its own, in steps that sixel can tell. */
const colorOf = (seed: number, x: number, y: number) => [(x * 13 + seed * 5) % 101, (y * 17 + seed) % 101, seed % 101].map((percent) => Math.round(percent * 2.55)); // biome-ignore format: one formula

async function layerOf(kind: Kind, rect: Rect, seed: number, id: number): Promise<Layer> {
  return { rect, content: await contentOf(kind, rect, seed, id) };
}

async function contentOf(kind: Kind, { columns, rows }: Rect, seed: number, id: number): Promise<LayerContent> {
  if (kind === 'half blocks') {
    const picture = paint(columns, rows * 2, (x, y) => colorOf(seed, x, Math.floor(y / 2)));
    return { kind: 'rows', lines: toHalfBlocks(picture, { color: 'truecolor' }) };
  }
  if (kind === 'sixel') {
    const at = (x: number, y: number) => colorOf(seed, Math.floor(x / CELL.width), Math.floor(y / CELL.height));
    return { kind: 'image', bytes: toSixel(toOwnPalette(paint(columns * CELL.width, rows * CELL.height, at))) };
  }
  const png = await toFile(
    paint(columns, rows, (x, y) => colorOf(seed, x, y)),
    'png',
  );
  const [image, remove] = [{ id, columns, rows }, deleteImage(id)];
  if (kind === 'placed') {
    return { kind: 'placed', transmit: transmitToCursor(image, png).join(''), place: placeAtCursor(image), remove };
  }
  return { kind: 'rows', lines: toPlaceholders(image), transmit: transmitForPlaceholders(image, png).join(''), remove };
}

/** The colour that a cell shows, of whatever kind of picture; undefined = it is blank. */
async function shownAt(tty: PictureTty, row: number, column: number): Promise<number[] | undefined> {
  const picture = await tty.colorAt(row, column);
  if (picture !== undefined) return picture;
  const cell = tty.cell(row, column);
  if (cell === ' /0:-1/0:-1' || cell === '/0:-1/0:-1') return undefined;
  const color = Number(/^▀\/50331648:(\d+)\/50331648:\1$/.exec(cell)?.[1]);
  if (Number.isNaN(color)) throw new Error(`${cell} at ${row}, ${column}`);
  return [color >> 16, (color >> 8) & 255, color & 255];
}

/** Ink's part: a heading, rows of text beside a blank area, and a footer. */
function Frame({ texts, area }: { texts: string[]; area: 'left' | 'right' }) {
  const side = SCREEN.columns - AREA.columns;
  return (
    <Box width={SCREEN.columns} height={SCREEN.rows} flexDirection="column" overflow="hidden">
      <Box height={AREA.row}>
        <Text color="red">{texts[0]}</Text>
      </Box>
      <Box height={AREA.rows} flexDirection={area === 'left' ? 'row-reverse' : 'row'}>
        <Box width={side} flexDirection="column" overflow="hidden">
          {texts.slice(1, 1 + AREA.rows).map((text, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows are places, not things
            <Text key={index} wrap="truncate" bold={index % 2 === 0}>
              {text}
            </Text>
          ))}
        </Box>
      </Box>
      <Box flexGrow={1} />
      <Text color="#ff6b57">{texts.at(-1)}</Text>
    </Box>
  );
}

const mounted: Instance[] = [];
afterEach(() => {
  for (const instance of mounted.splice(0)) instance.unmount();
});

const INK_OPTIONS = { alternateScreen: true, interactive: true, patchConsole: false, maxFps: 1000 } as const;

function openInk(
  texts: string[],
  area: 'left' | 'right',
): { tty: PictureTty; painter: Painter; shown: Instance; writes: number[] } {
  const tty = createPictureTty(SCREEN.columns, SCREEN.rows, { cell: CELL });
  const writes: number[] = [];
  const painter = createPainter(tty.stdout, { onWrite: (ms) => writes.push(ms) });
  const shown = render(<Frame texts={texts} area={area} />, {
    ...INK_OPTIONS,
    stdin: tty.stdin,
    stdout: painter.stdout,
    incrementalRendering: true,
  });
  mounted.push(shown);
  return { tty, painter, shown, writes };
}

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

type Side = 'left' | 'right';
type Wanted = Map<Side, { rect: Rect; seed: number; kind: Kind }>;

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

/** Each cell of the area is its picture's or blank, and the terminal keeps no picture that is not shown. */
async function expectPictures(tty: PictureTty, start: number, wanted: Wanted): Promise<void> {
  for (let row = AREA.row; row < AREA.row + AREA.rows; row++) {
    for (let column = start; column < start + AREA.columns; column++) {
      const owner = [...wanted.values()].find(({ rect }) => isInside(rect, row, column));
      const expected = owner && colorOf(owner.seed, column - owner.rect.column, row - owner.rect.row);
      const shown = await shownAt(tty, row, column);
      const isRight = expected === undefined ? shown === undefined : isNear(shown, expected);
      if (!isRight) throw new Error(`${row}, ${column}: ${shown} instead of ${expected} (${owner?.kind})`);
    }
  }
  const isKept = ({ kind }: { kind: Kind }) => kind === 'placeholders' || kind === 'placed';
  const kept = [...wanted].filter(([, picture]) => isKept(picture)).map(([id]) => IDS[id]);
  expect(tty.kept.toSorted()).toEqual(kept.toSorted());
}

function isInside(rect: Rect, row: number, column: number): boolean {
  const [y, x] = [row - rect.row, column - rect.column];
  return y >= 0 && y < rect.rows && x >= 0 && x < rect.columns;
}

/** Sixel tells colours in percent. */
function isNear(shown: number[] | undefined, expected: number[]): boolean {
  return shown?.every((value, channel) => Math.abs(value - expected[channel]) <= 2) ?? false;
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

describe('bytes', () => {
  const words = ['title', 'one', 'two', 'three', 'four', 'five', 'six', 'foot'];
  const RECT = { row: AREA.row, column: SCREEN.columns - AREA.columns, columns: HALF, rows: AREA.rows };
  const BESIDE = { ...RECT, column: RECT.column + HALF };

  async function openWith(kind: Kind, rect = RECT) {
    const opened = openInk(words, 'right');
    await opened.shown.waitUntilRenderFlush();
    opened.painter.show('left', await layerOf(kind, rect, 1, IDS.left));
    return opened;
  }

  async function bytesOf({ tty, shown }: { tty: PictureTty; shown: Instance }, act: () => void): Promise<string> {
    await shown.waitUntilRenderFlush();
    const before = tty.bytes.length;
    act();
    await shown.waitUntilRenderFlush();
    return tty.bytes.slice(before);
  }

  const moves = (bytes: string) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    [...bytes.matchAll(/\x1b\[(\d+);(\d+)H/g)].map(([, y, x]) => [Number(y) - 1, Number(x) - 1]);

  test.each(KINDS)('%s: one update that leaves the caret where it was', async (kind) => {
    const opened = openInk(words, 'right');
    const layer = await layerOf(kind, RECT, 1, IDS.left);
    const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
    // kitty loses placeholders in a synchronized one.
    const [begin, end] = kind === 'placeholders' ? ['', ''] : ['\x1b[?2026h', '\x1b[?2026l'];
    expect(bytes.startsWith(`${begin}\x1b7\x1b`)).toBe(true);
    expect(bytes.endsWith(`\x1b8${end}`)).toBe(true);
    expect(bytes.match(/2026/g) ?? []).toHaveLength(kind === 'placeholders' ? 0 : 2);
    expect(bytes).not.toContain('\x1b[2J');
  });

  test('when the placeholders are gone, updates are synchronized again', async () => {
    const opened = await openWith('placeholders');
    expect(await bytesOf(opened, () => opened.shown.rerender(changed))).not.toContain('2026');
    expect(await bytesOf(opened, () => opened.painter.hide('left'))).toContain('\x1b[?2026h');
  });

  test.each(KINDS)('%s: the same picture again is no byte', async (kind) => {
    const opened = await openWith(kind);
    const layer = await layerOf(kind, RECT, 1, IDS.left);
    expect(await bytesOf(opened, () => opened.painter.show('left', layer))).toBe('');
  });

  test('of half blocks only the rows that differ are sent', async () => {
    const opened = await openWith('half blocks');
    const layer = await layerOf('half blocks', RECT, 1, IDS.left);
    if (layer.content.kind !== 'rows') throw new Error('not rows');
    const lines = layer.content.lines.with(3, layer.content.lines[0]);
    const next: Layer = { ...layer, content: { ...layer.content, lines } };
    expect(moves(await bytesOf(opened, () => opened.painter.show('left', next)))).toEqual([
      [RECT.row + 3, RECT.column],
    ]);
  });

  test('of a new kitty picture in the same place only the picture is sent', async () => {
    const opened = await openWith('placeholders');
    const layer = await layerOf('placeholders', RECT, 2, IDS.left);
    const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
    expect(bytes).toContain('\x1b_G');
    expect(bytes).not.toContain('\u{10EEEE}');
  });

  test('text that takes the place of a picture of pixels needs no blanks before it', async () => {
    for (const kind of ['sixel', 'placed'] as const) {
      const opened = await openWith(kind);
      const layer = await layerOf('half blocks', RECT, 2, IDS.left);
      const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
      expect(bytes).not.toContain(' '.repeat(RECT.columns));
      await opened.tty.drawn();
      await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 2, kind: 'half blocks' }]]));
    }
  });

  const changed = <Frame texts={words.with(2, 'TWO')} area="right" />;

  test.each(KINDS)('%s: text that changes beside the picture does not touch it', async (kind) => {
    const opened = await openWith(kind);
    const bytes = await bytesOf(opened, () => opened.shown.rerender(changed));
    expect(bytes).toContain('TWO');
    expect(moves(bytes)).toEqual([]);
    await opened.tty.drawn();
    await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind }]]));
  });

  /** A row that was empty: Ink writes it from the first column, over the picture. */
  async function openOver(kind: Kind) {
    const opened = openInk(words.with(2, ' '), 'left');
    await opened.shown.waitUntilRenderFlush();
    const rect = { ...RECT, column: 0 };
    opened.painter.show('left', await layerOf(kind, rect, 1, IDS.left));
    const written = <Frame texts={words.with(2, 'TWO')} area="left" />;
    return { ...opened, rect, bytes: await bytesOf(opened, () => opened.shown.rerender(written)) };
  }

  test('a row that is written over is repainted, and no other, in the same update', async () => {
    for (const kind of ['half blocks', 'placeholders'] as const) {
      const { bytes, rect } = await openOver(kind);
      expect(moves(bytes)).toEqual([[AREA.row + 1, rect.column]]);
      expect(bytes).not.toContain('\x1b_G');
    }
  });

  test('a hole in sixel is filled by all of it, and pictures on a plane of their own have none', async () => {
    const { bytes, rect } = await openOver('sixel');
    expect(bytes.split('\x1b[?2026h')).toHaveLength(2);
    expect(moves(bytes)).toEqual([[rect.row, rect.column]]);
    expect(bytes).toContain('\x1bP0;1;0q');
    expect((await openOver('placed')).bytes).not.toContain('\x1b_G');
  });

  test.each(KINDS)('%s: a change that does not reach the picture repaints nothing', async (kind) => {
    const opened = await openWith(kind);
    const foot = <Frame texts={words.with(7, 'FOOT')} area="right" />;
    const bytes = await bytesOf(opened, () => opened.shown.rerender(foot));
    expect(bytes).toContain('FOOT');
    expect(moves(bytes)).toEqual([]);
  });

  test('a picture that goes does not touch the one beside it', async () => {
    const opened = await openWith('sixel');
    opened.painter.show('right', await layerOf('sixel', BESIDE, 2, IDS.right));
    const bytes = await bytesOf(opened, () => opened.painter.hide('left'));
    expect(bytes).not.toContain('\x1bP');
    expect(moves(bytes)).toEqual(Array.from({ length: RECT.rows }, (_, row) => [RECT.row + row, RECT.column]));
  });

  test('while held, what changes goes out in Ink’s frame: what goes before the text, what comes after it', async () => {
    const opened = await openWith('sixel');
    const layer = await layerOf('half blocks', BESIDE, 2, IDS.right);
    const bytes = await bytesOf(opened, () => {
      opened.painter.hold();
      opened.painter.hide('left');
      opened.painter.show('right', layer);
      opened.shown.rerender(changed);
    });
    expect(bytes.split('\x1b[?2026h')).toHaveLength(2);
    const [gone, text, come] = [' '.repeat(RECT.columns), 'TWO', '▀'].map((part) => bytes.indexOf(part));
    expect(gone).toBeGreaterThan(0);
    expect(text).toBeGreaterThan(gone);
    expect(come).toBeGreaterThan(text);
  });

  test('nothing is drawn outside the screen', async () => {
    for (const kind of KINDS) {
      const opened = openInk(words, 'right');
      opened.tty.resize(SCREEN.columns - 12, SCREEN.rows);
      const layer = await layerOf(kind, RECT, 1, IDS.left);
      const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
      expect(moves(bytes)).toEqual([]);
    }
  });

  test('a terminal that grew again has it all again', async () => {
    const opened = openInk(words, 'right');
    opened.tty.resize(SCREEN.columns - 12, SCREEN.rows);
    opened.painter.show('left', await layerOf('sixel', RECT, 1, IDS.left));
    opened.tty.resize(SCREEN.columns, SCREEN.rows);
    opened.painter.repaint();
    await opened.shown.waitUntilRenderFlush();
    await opened.tty.drawn();
    await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind: 'sixel' }]]));
  });

  test.each(KINDS)('%s: nothing is left when the screen is left, and nothing is drawn after it', async (kind) => {
    const opened = await openWith(kind);
    const layer = await layerOf(kind, RECT, 2, IDS.left);
    opened.shown.unmount();
    await opened.shown.waitUntilExit();
    const before = opened.tty.bytes.length;
    opened.painter.show('left', layer);
    opened.painter.repaint();
    opened.painter.hide('left');
    expect(opened.tty.bytes.slice(before)).toBe('');
    await opened.tty.drawn();
    expect(opened.tty.isAlternateScreen).toBe(false);
    expect(opened.tty.kept).toEqual([]);
  });

  test('the user’s editor in between: pictures are taken back before it, and come again after it', async () => {
    for (const kind of KINDS) {
      const opened = await openWith(kind);
      await opened.shown.waitUntilRenderFlush();
      const suspended = await suspend(opened);
      expect(opened.tty.kept).toEqual([]);
      await suspended.resume();
      await opened.shown.waitUntilRenderFlush();
      await opened.tty.drawn();
      await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind }]]));
    }
  });

  /** As Ink leaves and enters the alternate screen around another program. */
  async function suspend({ painter, shown }: { painter: Painter; shown: Instance }) {
    painter.stdout.write('\x1b[?1049l');
    return {
      async resume() {
        painter.stdout.write('\x1b[?1049h');
        shown.rerender(changed);
      },
    };
  }

  test('how long the terminal took is told of writes with pictures only', async () => {
    const opened = await openOver('sixel');
    expect(opened.writes).toHaveLength(2);
    opened.shown.rerender(<Frame texts={words.with(7, 'FOOT')} area="left" />);
    await opened.shown.waitUntilRenderFlush();
    expect(opened.tty.bytes).toContain('FOOT');
    expect(opened.writes).toHaveLength(2);
  });
});
