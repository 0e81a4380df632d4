/** The whole UI on terminals that show pictures of pixels: they are where the layout says, and nothing of them is elsewhere. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLayout } from '../../src/tui/layout.js';
import type { Rect } from '../../src/tui/rect.js';
import { createPictureTty, type PictureTty } from '../support/picture-tty.js';
import { closeTuis, openTui, type Tui } from './open-tui.js';

afterEach(closeTuis);

const PROTOCOLS = ['kitty', 'kitty-place', 'iterm2', 'sixel'] as const;
const GREEN = [10, 200, 30] as const;

function open(
  protocol: (typeof PROTOCOLS)[number],
  columns = 80,
  rows = 24,
  inTmux = false,
): Tui & { tty: PictureTty } {
  const tty = createPictureTty(columns, rows, { inTmux });
  const graphics = { protocol, color: 'truecolor', isRemote: false, inTmux } as const;
  return { ...openTui({ tty, graphics, columns, rows }), tty };
}

async function watch(tui: Tui): Promise<void> {
  await tui.generate('a lake');
  tui.client.job.tell({ type: 'started', seeds: [42] });
  tui.client.job.preview(64, 64, GREEN);
}

/** `#` for a cell that shows this colour, `.` for one that shows no picture, `?` for another picture. */
async function look(tty: PictureTty, color: readonly number[], columns: number, rows: number): Promise<string[]> {
  await tty.drawn();
  const at = async (row: number, column: number) => {
    const shown = await tty.colorAt(row, column);
    if (shown === undefined) return '.';
    return shown.every((value, channel) => Math.abs(value - color[channel]) < 30) ? '#' : '?';
  };
  const lines = Array.from({ length: rows }, (_, row) =>
    Promise.all(Array.from({ length: columns }, (_, column) => at(row, column))),
  );
  return (await Promise.all(lines)).map((cells) => cells.join(''));
}

function expected(box: Rect | undefined, columns: number, rows: number): string[] {
  const inBox = (row: number, column: number) =>
    box !== undefined &&
    row >= box.row &&
    row < box.row + box.rows &&
    column >= box.column &&
    column < box.column + box.columns;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => (inBox(row, column) ? '#' : '.')).join(''),
  );
}

async function expectPicture(tui: { tty: PictureTty }, color: readonly number[], columns: number, rows: number) {
  const { picture } = createLayout({ columns, rows, aspect: 1 });
  await vi.waitFor(
    async () => expect(await look(tui.tty, color, columns, rows)).toEqual(expected(picture, columns, rows)),
    5000,
  );
}

describe.each(PROTOCOLS)('%s', (protocol) => {
  test('the preview, and then the finished picture, beside text that goes on', async () => {
    const tui = open(protocol);
    await watch(tui);
    await expectPicture(tui, GREEN, 80, 24);
    for (let step = 1; step <= 5; step++) {
      tui.client.job.tell({ type: 'progress', image: 0, step, steps: 25, elapsedMs: step * 50, etaMs: 1000 });
    }
    await tui.shows('5/25');
    await expectPicture(tui, GREEN, 80, 24);
    tui.client.job.finish(42);
    await tui.shows('r same again');
    await expectPicture(tui, tui.client.finalColor, 80, 24);
  });

  test('after any resizes it is where it belongs, and nowhere else', async () => {
    const tui = open(protocol);
    await watch(tui);
    // Not higher: the headless terminal gives the mark of row 34 a cell of its own.
    const sizes = [[110, 34], [100, 30], [60, 40], [30, 6], [80, 24], [70, 26]]; // biome-ignore format: pairs
    for (const [columns, rows] of sizes) {
      tui.tty.resize(columns, rows);
      await expectPicture(tui, GREEN, columns, rows);
    }
    expect(tui.tty.kept).toHaveLength(protocol.startsWith('kitty') ? 1 : 0);
  });

  test('when the UI is closed nothing is kept in the terminal', async () => {
    const tui = open(protocol);
    await watch(tui);
    await expectPicture(tui, GREEN, 80, 24);
    tui.screen.close();
    await tui.screen.closed;
    await tui.tty.drawn();
    expect(tui.tty.kept).toEqual([]);
    expect(tui.tty.isAlternateScreen).toBe(false);
  });
});

test('inside tmux, whatever it forgot is sent again when the window gets the focus', async () => {
  const tui = open('kitty', 80, 24, true);
  await watch(tui);
  await expectPicture(tui, GREEN, 80, 24);
  const before = tui.tty.bytes.length;
  tui.focus();
  expect(tui.tty.bytes.slice(before)).toContain('\x1bPtmux;\x1b\x1b_Ga=T,U=1');
  await expectPicture(tui, GREEN, 80, 24);
});
