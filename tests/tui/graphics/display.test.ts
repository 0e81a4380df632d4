/** Pictures through each protocol's bytes and back: what a terminal would show is what was to be shown. */
import { describe, expect, test } from 'vitest';
import { decodePixels } from '../../../src/tui/decode-picture.js';
import { createDisplay, type Drawing } from '../../../src/tui/graphics/display.js';
import type { Graphics, Protocol } from '../../../src/tui/graphics/protocol.js';
import type { RgbPicture } from '../../../src/tui/graphics/resample.js';
import type { Layer } from '../../../src/tui/layer.js';
import { fitPicture } from '../../../src/tui/layout.js';
import { INLINE_IMAGE, readInlineImage, readKitty, readSixel, unwrapTmux } from '../../support/picture-escapes.js';
import { coarseDifference, gradient, toFile } from '../../support/pixels.js';

const graphicsOf = (protocol: Protocol, more: Partial<Graphics> = {}): Graphics => ({
  protocol,
  color: 'truecolor',
  isRemote: false,
  inTmux: false,
  ...more,
});
const CELL = { width: 8, height: 17 };
const BOX = { row: 2, column: 40, columns: 34, rows: 16 };
const PICTURE = gradient(256, 256);

async function drawingOf(source: 'png' | 'jpeg' | 'webp' | 'rgb', more: Partial<Drawing> = {}): Promise<Drawing> {
  const picture = source === 'rgb' ? PICTURE : await toFile(PICTURE, source);
  const size = { width: PICTURE.width, height: PICTURE.height };
  return { source: picture, size, box: BOX, cell: CELL, isPreview: false, scale: 1, slot: 0, ...more };
}

/** What the terminal shows. */
async function pixelsOf({ content }: Layer): Promise<RgbPicture> {
  if (content.kind === 'rows' && content.transmit === undefined) return halfBlocks(content.lines);
  const bytes = unwrapTmux(content.kind === 'image' ? content.bytes : (content.transmit ?? ''));
  if (bytes.startsWith('\x1b_G')) return decodePixels(readKitty(bytes)[0].payload);
  return INLINE_IMAGE.test(bytes) ? decodePixels(readInlineImage(bytes).file) : readSixel(bytes);
}

function halfBlocks(lines: readonly string[]): RgbPicture {
  const rows = lines.map((line) => {
    let [fore, back] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    const cells: number[][][] = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    for (const [token, codes] of line.matchAll(/\x1b\[([\d;]*)m|▀/g)) {
      if (token === '▀') cells.push([fore, back]);
      for (const [, ground, rgb] of (codes ?? '').matchAll(/([34])8;2;(\d+;\d+;\d+)/g)) {
        if (ground === '3') fore = rgb.split(';').map(Number);
        else back = rgb.split(';').map(Number);
      }
    }
    return cells;
  });
  const pixels = rows.flatMap((cells) => [cells.flatMap(([upper]) => upper), cells.flatMap(([, lower]) => lower)]);
  return { width: rows[0].length, height: rows.length * 2, pixels: Uint8Array.from(pixels.flat()) };
}

const LOOKS = ['kitty', 'kitty-place', 'iterm2', 'sixel', 'halfblock'] as const;

describe.each(LOOKS)('%s', (protocol) => {
  test.each(['png', 'jpeg', 'webp', 'rgb'] as const)('shows a finished picture and a preview: %s', async (source) => {
    const display = createDisplay(graphicsOf(protocol));
    for (const isPreview of [false, true]) {
      const layer = await display.draw(await drawingOf(source, { isPreview }));
      expect(layer.rect).toEqual(BOX);
      expect(await coarseDifference(await pixelsOf(layer), PICTURE)).toBeLessThan(12);
    }
  });

  test('a small preview is not made larger than the terminal must have it', async () => {
    const small = gradient(24, 24);
    const drawing = await drawingOf('rgb', { source: small, size: small, isPreview: true });
    const layer = await createDisplay(graphicsOf(protocol)).draw(drawing);
    const { width } = await pixelsOf(layer);
    expect(width).toBe({ kitty: 24, 'kitty-place': 24, iterm2: 24, sixel: 34 * 8, halfblock: 34 }[protocol]);
    expect(layer.rect).toEqual(BOX);
  });
});

test('iTerm2 gets a preview as the server sent it', async () => {
  const drawing = await drawingOf('jpeg', { isPreview: true });
  const { content } = await createDisplay(graphicsOf('iterm2')).draw(drawing);
  expect(content.kind === 'image' && readInlineImage(content.bytes).file).toEqual(
    Buffer.from(drawing.source as Uint8Array),
  );
});

test('a sixel picture is as many pixels as its cells', async () => {
  const { content } = await createDisplay(graphicsOf('sixel')).draw(await drawingOf('png'));
  expect(content.kind === 'image' && readSixel(content.bytes)).toMatchObject({ width: 34 * 8, height: 16 * 17 });
});

test('a pixel of a large sixel preview is several dots, and what is too large stands in the middle of its box', async () => {
  const cell = { width: 20, height: 40 };
  const drawing = await drawingOf('jpeg', { isPreview: true, cell });
  const { rect, content } = await createDisplay(graphicsOf('sixel')).draw(drawing);
  const shown = readSixel(content.kind === 'image' ? content.bytes : '');
  expect(shown).toMatchObject({ width: 639, height: 639 });
  const dot = (x: number, y: number) => [...shown.pixels.slice((y * 639 + x) * 3, (y * 639 + x) * 3 + 3)];
  const block = [dot(300, 201), dot(302, 201), dot(300, 203), dot(302, 203)];
  expect(new Set(block.map(String)).size).toBe(1);
  expect(rect).toEqual({ row: 2, column: 41, columns: 32, rows: 16 });
});

test('a sixel preview takes fewer pixels where the terminal is slow, not smaller dots', async () => {
  const cell = { width: 20, height: 40 };
  const drawing = await drawingOf('jpeg', { isPreview: true, cell, scale: 0.5 });
  const { content } = await createDisplay(graphicsOf('sixel')).draw(drawing);
  expect(readSixel(content.kind === 'image' ? content.bytes : '')).toMatchObject({ width: 321, height: 321 });
});

test.each([
  ['a square', { width: 512, height: 512 }],
  ['a landscape', { width: 768, height: 512 }],
  ['a portrait', { width: 512, height: 768 }],
])('sixel: %s keeps its shape in a box of cells that has not quite the same', async (_, shape) => {
  const source = await toFile(gradient(shape.width, shape.height), 'png');
  for (const cell of [
    { width: 6, height: 13 },
    { width: 8, height: 17 },
    { width: 12, height: 23 },
  ]) {
    const box = {
      row: 2,
      column: 40,
      ...fitPicture({ columns: 37, rows: 13 }, shape.width / shape.height, cell.width / cell.height),
    };
    for (const isPreview of [false, true]) {
      const drawing = await drawingOf('png', { source, size: shape, cell, box, isPreview });
      const { rect, content } = await createDisplay(graphicsOf('sixel')).draw(drawing);
      const { width, height } = readSixel(content.kind === 'image' ? content.bytes : '');
      expect(width / height / (shape.width / shape.height)).toBeCloseTo(1, 1.6);
      expect(width).toBeLessThanOrEqual(box.columns * cell.width);
      expect(height).toBeLessThanOrEqual(box.rows * cell.height);
      expect(rect.row >= box.row && rect.column >= box.column).toBe(true);
      expect(rect.rows <= box.rows && rect.columns <= box.columns).toBe(true);
    }
  }
});

test.each([false, true])(
  'sixel: nothing is larger, or has more colours, than the terminal takes; preview %s',
  async (isPreview) => {
    const sixelLimit = { width: 200, height: 150, colors: 16 };
    const display = createDisplay(graphicsOf('sixel', { sixelLimit }));
    const { content } = await display.draw(await drawingOf('png', { isPreview }));
    const bytes = content.kind === 'image' ? content.bytes : '';
    const { width, height } = readSixel(bytes);
    expect([width <= 200, height <= 150, Math.abs(width - height) <= 1]).toEqual([true, true, true]);
    expect(bytes.match(/#\d+;2;/g)?.length).toBeLessThanOrEqual(16);
  },
);

describe('what the server is asked for', () => {
  const big = { row: 0, column: 0, columns: 100, rows: 50 };
  const cell = { width: 10, height: 20 };

  test.each<[Protocol, Partial<Graphics>, number, string]>([
    ['kitty', {}, 256, 'jpeg'],
    ['kitty', { isRemote: true }, 128, 'jpeg'],
    ['kitty', { inTmux: true }, 128, 'jpeg'],
    ['iterm2', {}, 512, 'jpeg'],
    ['iterm2', { isRemote: true }, 256, 'jpeg'],
    ['sixel', {}, 213, 'jpeg'],
    ['sixel', { isRemote: true }, 240, 'jpeg'],
    ['halfblock', {}, 100, 'rgb'],
    ['256', { isRemote: true }, 100, 'rgb'],
  ])('%s %j: %i pixels of %s', (protocol, more, side, format) => {
    const display = createDisplay(graphicsOf(protocol, more));
    expect(display.previewSize(big, cell, 1)).toEqual({ width: side, height: side });
    expect(display.format).toBe(format);
  });

  test('never more than the box has', () => {
    const box = { ...big, columns: 10, rows: 5 };
    expect(createDisplay(graphicsOf('kitty')).previewSize(box, cell, 1)).toEqual({ width: 100, height: 100 });
    expect(createDisplay(graphicsOf('halfblock')).previewSize(box, cell, 1)).toEqual({ width: 10, height: 10 });
  });

  test('less when the terminal is slow', () => {
    expect(createDisplay(graphicsOf('sixel')).previewSize(big, cell, 0.5)).toEqual({ width: 107, height: 107 });
  });
});

describe('kitty’s numbers', () => {
  const idsOf = async (graphics: Graphics, slots: number[]) => {
    const display = createDisplay(graphics);
    const ids: string[] = [];
    for (const slot of slots) {
      const { content } = await display.draw(await drawingOf('rgb', { slot, isPreview: true }));
      ids.push(content.kind === 'rows' ? readKitty(unwrapTmux(content.transmit ?? ''))[0].keys.i : '');
    }
    return ids;
  };

  test.each([false, true])('each slot has two of its own by turns, inside tmux: %s', async (inTmux) => {
    const [a, other, b, again, otherAgain] = await idsOf(graphicsOf('kitty', { inTmux }), [0, 1, 0, 0, 1]);
    expect(new Set([a, other, b, otherAgain]).size).toBe(4);
    expect(again).toBe(a);
  });

  test('the last picture goes with the next, but inside tmux only with its slot', async () => {
    const removals = async (inTmux: boolean) => {
      const display = createDisplay(graphicsOf('kitty', { inTmux }));
      const { content } = await display.draw(await drawingOf('rgb', { isPreview: true }));
      return content.kind === 'rows' ? readKitty(unwrapTmux(content.remove ?? '')).length : 0;
    };
    expect([await removals(false), await removals(true)]).toEqual([1, 2]);
  });
});
