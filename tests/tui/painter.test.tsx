import fc from 'fast-check';
import { Box, type Instance, render, Text } from 'ink';
import { afterEach, describe, expect, test } from 'vitest';
import { toHalfBlocks } from '../../src/client/half-block.js';
import { isDamaged, toDamage } from '../../src/tui/frame-damage.js';
import { createPainter, type PaintedPicture, type Painter } from '../../src/tui/painter.js';
import { createVirtualTty, type VirtualTty } from '../support/virtual-tty.js';

describe('toDamage', () => {
  test.each<[string, string, [number, number][] | 'all']>([
    ['an untouched frame', '\x1b[3A\x1b[E\x1b[E\x1b[E', []],
    ['a changed end of a line', '\x1b[2A\x1b[E\x1b[8G\x1b[Knew text\n', [[1, 7]]],
    ['a whole line', '\x1b[2A\x1b[1G\x1b[Knew\n\x1b[E', [[0, 0]]],
    ['lines without an erase', 'one\ntwo', [[0, 0], [1, 0]]], // biome-ignore format: one row a case
    ['the last line, then the caret', '\x1b[1A\x1b[E\x1b[5G\x1b[Kx\x1b[1A\x1b[3G\x1b[?25h', [[1, 4]]],
    ['the caret only', '\x1b[?25l\x1b[1B\x1b[1G\x1b[2A\x1b[7G\x1b[?25h', []],
    ['erased lines', '\x1b[2K\x1b[1A\x1b[2K\x1b[G', 'all'],
    ['an erased screen', '\x1b[1;1H\x1b[Jtext', 'all'],
    ['another screen', '\x1b[?1049h', 'all'],
  ])('%s', (_, frame, damage) => {
    expect(toDamage(frame)).toEqual(damage === 'all' ? 'all' : new Map(damage));
  });

  test('a row is damaged when the erase begins before the picture ends', () => {
    const damage = toDamage('\x1b[E\x1b[8G\x1b[Kx\n');
    expect([isDamaged(damage, 1, 7), isDamaged(damage, 1, 8), isDamaged(damage, 0, 99)]).toEqual([false, true, false]);
    expect(isDamaged('all', 5, 1)).toBe(true);
  });
});

const SCREEN = { columns: 40, rows: 12 };
const AREA = { columns: 10, rows: 6, row: 3 };

/** A picture whose every pixel tells where it is and which picture it belongs to. */
function pictureAt(column: number, seed: number): PaintedPicture {
  const [width, height] = [AREA.columns, AREA.rows * 2];
  const pixels = new Uint8Array(width * height * 3).map((_, index) => (index * 7 + seed * 31) % 256);
  const lines = toHalfBlocks({ width, height, pixels }, { color: 'truecolor' });
  return { row: AREA.row, column, columns: AREA.columns, lines };
}

/** The same picture alone on a screen: what every cell must look like. */
async function cellsOf(picture: PaintedPicture): Promise<string[]> {
  const tty = createVirtualTty(SCREEN.columns, SCREEN.rows);
  createPainter(tty.stdout).show(picture);
  await tty.drawn();
  return readCells(tty, picture);
}

function readCells(tty: VirtualTty, { row, column }: Pick<PaintedPicture, 'row' | 'column'>): string[] {
  const cells = (y: number) => Array.from({ length: AREA.columns }, (_, x) => tty.cell(row + y, column + x));
  return Array.from({ length: AREA.rows }, (_, y) => cells(y)).flat();
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

let ink: Instance | undefined;
afterEach(() => ink?.unmount());

function openInk(texts: string[], area: 'left' | 'right'): { tty: VirtualTty; painter: Painter; shown: Instance } {
  ink?.unmount();
  const tty = createVirtualTty(SCREEN.columns, SCREEN.rows);
  const painter = createPainter(tty.stdout);
  const shown = render(<Frame texts={texts} area={area} />, {
    stdin: tty.stdin,
    stdout: painter.stdout,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    patchConsole: false,
    maxFps: 1000,
  });
  ink = shown;
  return { tty, painter, shown };
}

const rowText = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '湖', '─'), maxLength: 25 });
const frames = fc.array(fc.array(rowText, { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 6 });

describe.each(['left', 'right'] as const)('a picture %s of the text', (area) => {
  const column = area === 'left' ? 0 : SCREEN.columns - AREA.columns;

  test('whatever Ink redraws, the picture is whole and the text is what Ink drew', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 0, max: 99 }), async (all, seed) => {
        const { tty, painter, shown } = openInk(all[0], area);
        const plain = openPlain(all[0], area);
        for (const [index, texts] of all.entries()) {
          if (index % 2 === 0) painter.show(pictureAt(column, seed + index));
          shown.rerender(<Frame texts={texts} area={area} />);
          plain.shown.rerender(<Frame texts={texts} area={area} />);
          await Promise.all([shown.waitUntilRenderFlush(), plain.shown.waitUntilRenderFlush()]);
          await Promise.all([tty.drawn(), plain.tty.drawn()]);
          expect(readCells(tty, { row: AREA.row, column })).toEqual(
            await cellsOf(pictureAt(column, seed + index - (index % 2))),
          );
          expect(withoutArea(tty, column)).toEqual(withoutArea(plain.tty, column));
        }
        plain.shown.unmount();
      }),
      { numRuns: 25 },
    );
  });
});

/** The same frames with nobody in between. */
function openPlain(texts: string[], area: 'left' | 'right') {
  const tty = createVirtualTty(SCREEN.columns, SCREEN.rows);
  const shown = render(<Frame texts={texts} area={area} />, {
    stdin: tty.stdin,
    stdout: tty.stdout,
    alternateScreen: true,
    interactive: true,
    patchConsole: false,
    maxFps: 1000,
  });
  return { tty, shown };
}

function withoutArea(tty: VirtualTty, column: number): string[] {
  const isInArea = (x: number, y: number) =>
    y >= AREA.row && y < AREA.row + AREA.rows && x >= column && x < column + AREA.columns;
  const row = (y: number) =>
    Array.from({ length: SCREEN.columns }, (_, x) => (isInArea(x, y) ? '' : tty.cell(y, x))).join('|');
  return Array.from({ length: SCREEN.rows }, (_, y) => row(y));
}

describe('bytes', () => {
  const texts = ['title', 'one', 'two', 'three', 'four', 'five', 'six', 'foot'];
  const column = SCREEN.columns - AREA.columns;

  async function bytesOf(tty: VirtualTty, shown: Instance, act: () => void): Promise<string> {
    await shown.waitUntilRenderFlush();
    const before = tty.bytes.length;
    act();
    await shown.waitUntilRenderFlush();
    return tty.bytes.slice(before);
  }

  test('a preview is one synchronized update that leaves the caret where it was', async () => {
    const { tty, painter, shown } = openInk(texts, 'right');
    const bytes = await bytesOf(tty, shown, () => painter.show(pictureAt(column, 1)));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    expect(bytes).toMatch(/^\x1b\[\?2026h\x1b7[\s\S]*\x1b8\x1b\[\?2026l$/);
    expect(bytes).not.toContain('\x1b[2J');
  });

  test('a changed line repaints its own row of the picture only, in the same update', async () => {
    const { tty, painter, shown } = openInk(texts, 'right');
    painter.show(pictureAt(column, 1));
    const bytes = await bytesOf(tty, shown, () => shown.rerender(<Frame texts={texts.with(2, 'TWO')} area="right" />));
    expect(bytes.split('\x1b[?2026h')).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    const moves = [...bytes.matchAll(/\x1b\[(\d+);(\d+)H/g)].map(([, row, col]) => [Number(row), Number(col)]);
    expect(moves).toEqual([[AREA.row + 2, column + 1]]);
  });

  test('a change that does not reach the picture repaints nothing', async () => {
    const { tty, painter, shown } = openInk(texts, 'right');
    painter.show(pictureAt(column, 1));
    const bytes = await bytesOf(tty, shown, () => shown.rerender(<Frame texts={texts.with(7, 'FOOT')} area="right" />));
    expect(bytes).toContain('FOOT');
    expect(bytes).not.toContain('▀');
  });

  test('a hidden picture leaves blanks', async () => {
    const { tty, painter } = openInk(texts, 'right');
    painter.show(pictureAt(column, 1));
    painter.hide();
    await tty.drawn();
    expect(new Set(readCells(tty, { row: AREA.row, column }))).toEqual(new Set([' /0:-1/0:-1']));
  });

  test('nothing is drawn outside the screen, or after it was left', async () => {
    const { tty, painter, shown } = openInk(texts, 'right');
    tty.resize(SCREEN.columns - 5, SCREEN.rows);
    const outside = await bytesOf(tty, shown, () => painter.show(pictureAt(column, 1)));
    expect(outside).not.toContain('▀');
    shown.unmount();
    await shown.waitUntilExit();
    const before = tty.bytes.length;
    painter.show(pictureAt(0, 1));
    painter.hide();
    expect(tty.bytes.slice(before)).toBe('');
    await tty.drawn();
    expect(tty.isAlternateScreen).toBe(false);
  });
});
