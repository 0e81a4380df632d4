/** Slots of pictures on a terminal that shows all kinds of them. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PreviewEvent } from '../../src/client/client.js';
import type { PreviewWish } from '../../src/protocol/messages.js';
import type { Graphics } from '../../src/tui/graphics/protocol.js';
import { createPainter, HOLD_MS } from '../../src/tui/painter.js';
import { createPictures, MAIN_SLOT, type Pictures } from '../../src/tui/pictures.js';
import type { Rect } from '../../src/tui/rect.js';
import type { CellSize } from '../../src/tui/terminal/cell-size.js';
import { createPictureTty, type PictureTty } from '../support/picture-tty.js';
import { gradient, paint, toFile } from '../support/pixels.js';

const BOX: Rect = { row: 2, column: 3, columns: 20, rows: 10 };
const OTHER: Rect = { ...BOX, column: 30 };
const CELL = { width: 8, height: 16 };
const PROTOCOLS = ['kitty', 'kitty-place', 'iterm2', 'sixel', 'halfblock'] as const;

let open: Pictures | undefined;
afterEach(() => open?.stop());

function openPictures(protocol: Graphics['protocol'], more: Partial<Graphics> = {}) {
  const inTmux = more.inTmux ?? false;
  const tty = createPictureTty(60, 20, { cell: CELL, inTmux });
  const painter = createPainter(tty.stdout);
  const wishes: PreviewWish[] = [];
  const stepped: string[] = [];
  let cell: CellSize = CELL;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const pictures = createPictures({
    painter,
    graphics: { protocol, color: 'truecolor', isRemote: false, inTmux, ...more },
    cells: { current: () => cell, subscribe },
    onWish: (wish) => wishes.push(wish),
    onStepDown: (plainer) => stepped.push(plainer),
  });
  open = pictures;
  const zoom = (next: CellSize) => {
    cell = next;
    for (const listener of listeners) listener();
  };
  return { tty, painter, pictures, wishes, stepped, zoom };
}

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';

async function preview(
  format: 'rgb' | 'jpeg',
  color: readonly number[],
  width = 64,
  height = 64,
): Promise<PreviewEvent> {
  const picture = paint(width, height, () => color);
  const bytes = format === 'rgb' ? picture.pixels : await toFile(picture, format);
  return { type: 'preview', jobId, seq: 1, image: 0, step: 1, width, height, format, bytes };
}

const RED = [200, 40, 40];
const BLUE = [40, 60, 210];
const solid = (color: readonly number[], width = 64, height = 64) =>
  toFile(
    paint(width, height, () => color),
    'png',
  );

/** What each cell of a box shows: near which of these colours, `.` for none, `?` for another. */
async function look(tty: PictureTty, { row, column, rows, columns }: Rect): Promise<string[]> {
  await tty.drawn();
  const at = async (y: number, x: number) => {
    const color = (await tty.colorAt(y, x)) ?? halfBlockColor(tty.cell(y, x));
    if (color === undefined) return '.';
    const isNear = (wanted: number[]) => color.every((value, channel) => Math.abs(value - wanted[channel]) < 45);
    return isNear(RED) ? 'R' : isNear(BLUE) ? 'B' : '?';
  };
  const lines = Array.from({ length: rows }, async (_, y) => {
    const cells = Array.from({ length: columns }, (_, x) => at(row + y, column + x));
    return (await Promise.all(cells)).join('');
  });
  return Promise.all(lines);
}

function halfBlockColor(cell: string): number[] | undefined {
  const color = Number(/^▀\/50331648:(\d+)/.exec(cell)?.[1]);
  return Number.isNaN(color) ? undefined : [color >> 16, (color >> 8) & 255, color & 255];
}

const full = (letter: string, { rows, columns }: Rect = BOX) => Array<string>(rows).fill(letter.repeat(columns));
/** What was held goes out in a timer that was set before. */
const released = () => new Promise((resolve) => setTimeout(resolve, HOLD_MS));

describe.each(PROTOCOLS)('%s', (protocol) => {
  test('previews as rgb and jpeg, then the finished picture, each in place of the last', async () => {
    const { tty, pictures } = openPictures(protocol);
    pictures.place(MAIN_SLOT, BOX);
    await released();
    await pictures.show(MAIN_SLOT, await preview('rgb', RED));
    expect(await look(tty, BOX)).toEqual(full('R'));
    await pictures.show(MAIN_SLOT, await preview('jpeg', BLUE));
    expect(await look(tty, BOX)).toEqual(full('B'));
    await pictures.show(MAIN_SLOT, await solid(RED));
    expect(await look(tty, BOX)).toEqual(full('R'));
    expect(tty.kept.length).toBe(protocol.startsWith('kitty') ? 1 : 0);
  });

  test('slots stand beside each other, move, shrink and go, and leave nothing', async () => {
    const { tty, pictures } = openPictures(protocol);
    pictures.place('a', BOX);
    pictures.place('b', OTHER);
    await released();
    await Promise.all([pictures.show('a', await solid(RED)), pictures.show('b', await solid(BLUE))]);
    expect([await look(tty, BOX), await look(tty, OTHER)]).toEqual([full('R'), full('B')]);
    const small = { ...OTHER, columns: 8, rows: 4 };
    pictures.place('a', small);
    pictures.place('b', BOX);
    await released();
    const corner = full('.').map((line, y) => (y < small.rows ? `RRRRRRRR${line.slice(8)}` : line));
    await vi.waitFor(async () => {
      expect([await look(tty, BOX), await look(tty, OTHER)]).toEqual([full('B'), corner]);
    });
    pictures.remove('a');
    pictures.remove('b');
    await released();
    expect([await look(tty, BOX), await look(tty, OTHER)]).toEqual([full('.'), full('.')]);
    expect(tty.kept).toEqual([]);
  });
});

test('a picture of another shape than its box stands in the middle of it', async () => {
  const { tty, pictures } = openPictures('sixel');
  pictures.place('a', BOX);
  await released();
  await pictures.show('a', await solid(RED, 64, 32));
  const blank = '.'.repeat(20);
  const rows = full('R', { ...BOX, rows: 5 });
  expect(await look(tty, BOX)).toEqual([blank, blank, ...rows, blank, blank, blank]);
});

test('what was overtaken is not drawn, and the newest always is', async () => {
  const { tty, pictures } = openPictures('sixel');
  pictures.place('a', BOX);
  await released();
  const before = tty.bytes.length;
  const [red, blue] = [await solid(RED), await solid(BLUE)];
  await Promise.all([red, red, red, red, blue].map((file) => pictures.show('a', file)));
  expect(await look(tty, BOX)).toEqual(full('B'));
  // The first had begun when the others came.
  expect(tty.bytes.slice(before).split('\x1bP0;1;0q').length - 1).toBeLessThanOrEqual(2);
});

test('a picture that is placed later is drawn then; one without a place is not', async () => {
  const { tty, pictures } = openPictures('kitty');
  await pictures.show('a', await solid(RED));
  expect(tty.bytes).toBe('');
  pictures.place('a', BOX);
  await vi.waitFor(async () => expect(await look(tty, BOX)).toEqual(full('R')));
  pictures.place('a', undefined);
  await released();
  expect([await look(tty, BOX), tty.kept]).toEqual([full('.'), []]);
});

test('a file that is no picture is told, and what was there stays', async () => {
  const { tty, pictures } = openPictures('iterm2');
  pictures.place('a', BOX);
  await released();
  await pictures.show('a', await solid(RED));
  await expect(pictures.show('a', new Uint8Array([1, 2, 3]))).rejects.toThrow();
  expect(await look(tty, BOX)).toEqual(full('R'));
  await pictures.show('a', await solid(BLUE));
  expect(await look(tty, BOX)).toEqual(full('B'));
});

test('a preview whose bytes are not what its size says is not drawn', async () => {
  const { tty, pictures } = openPictures('halfblock');
  pictures.place('a', BOX);
  await released();
  await pictures.show('a', { ...(await preview('rgb', RED)), width: 63 });
  expect(await look(tty, BOX)).toEqual(full('.'));
});

describe('the wish', () => {
  test('is what the main slot’s box can show, said once', async () => {
    const { pictures, wishes } = openPictures('halfblock');
    pictures.place('a', BOX);
    expect(wishes).toEqual([]);
    pictures.place(MAIN_SLOT, BOX);
    pictures.place(MAIN_SLOT, { ...BOX });
    expect(wishes).toEqual([{ format: 'rgb', maxWidth: 20, maxHeight: 20, maxPerSecond: 8 }]);
    pictures.place(MAIN_SLOT, undefined);
    expect(wishes.at(-1)).toMatchObject({ format: 'none' });
  });

  test('over ssh half as often, and smaller', () => {
    const { pictures, wishes } = openPictures('kitty', { isRemote: true });
    pictures.place(MAIN_SLOT, { ...BOX, columns: 40, rows: 20 });
    expect(wishes).toEqual([{ format: 'jpeg', maxWidth: 128, maxHeight: 128, maxPerSecond: 4 }]);
  });

  test('follows the terminal’s font', () => {
    const { pictures, wishes, zoom } = openPictures('sixel');
    pictures.place(MAIN_SLOT, BOX);
    zoom({ width: 4, height: 8 });
    expect(wishes.map(({ maxWidth }) => maxWidth)).toEqual([160, 80]);
  });

  test('follows the terminal’s pace, down to a plainer kind of picture that is drawn at once', async () => {
    const { tty, pictures, wishes, stepped } = openPictures('iterm2');
    pictures.place(MAIN_SLOT, BOX);
    await released();
    await pictures.show(MAIN_SLOT, await solid(RED));
    for (let i = 0; i < 8 * 3 + 24; i++) pictures.wrote(40);
    expect(wishes.map(({ format, maxWidth, maxPerSecond }) => [format, maxWidth, maxPerSecond])).toEqual([
      ['jpeg', 160, 8],
      ['jpeg', 160, 4],
      ['jpeg', 160, 2],
      ['rgb', 20, 8],
    ]);
    expect(stepped).toEqual(['halfblock']);
    await vi.waitFor(() => expect(tty.cell(BOX.row, BOX.column)).toMatch(/^▀/));
    expect(await look(tty, BOX)).toEqual(full('R'));
  });
});

test('after a change of font sixel is drawn anew, in the new cells', async () => {
  const { tty, pictures, zoom } = openPictures('sixel');
  pictures.place('a', { ...BOX, columns: 10, rows: 5 });
  await released();
  await pictures.show('a', await solid(RED));
  const before = tty.bytes.length;
  zoom({ width: 4, height: 8 });
  await vi.waitFor(() => expect(tty.bytes.slice(before)).toContain('"1;1;40;40'));
});

test('through tmux: the picture is sent under two numbers by turns, and both are freed', async () => {
  const { tty, pictures } = openPictures('kitty', { inTmux: true });
  pictures.place('a', BOX);
  await released();
  for (const color of [RED, BLUE, RED]) await pictures.show('a', await solid(color));
  expect(await look(tty, BOX)).toEqual(full('R'));
  expect(tty.kept).toHaveLength(2);
  expect(tty.bytes.replaceAll('\x1bPtmux;\x1b\x1b_G', '')).not.toContain('\x1b_G');
  pictures.remove('a');
  await released();
  expect(tty.kept).toEqual([]);
});

test('colours and places are right within a picture', async () => {
  for (const protocol of PROTOCOLS) {
    const { tty, pictures } = openPictures(protocol);
    pictures.place('a', BOX);
    await released();
    await pictures.show('a', await toFile(gradient(160, 160), 'png'));
    await tty.drawn();
    const corners = [[0, 0], [0, 19], [9, 0], [9, 19]]; // biome-ignore format: pairs
    for (const [y, x] of corners) {
      const at = [BOX.row + y, BOX.column + x] as const;
      const color = (await tty.colorAt(...at)) ?? halfBlockColor(tty.cell(...at)) ?? [];
      const expected = [x === 0 ? 6 : 249, y === 0 ? 12 : 243, x === 0 ? 249 : 6];
      for (const channel of [0, 1, 2]) expect(Math.abs(color[channel] - expected[channel])).toBeLessThan(20);
    }
  }
});
