/** The painter with Ink's frames and pictures of every kind, on a terminal that tells what each cell shows. */
import { Box, type Instance, render, Text } from 'ink';
import { expect } from 'vitest';
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
import { createPainter, type Painter } from '../../src/tui/painter.js';
import type { Rect } from '../../src/tui/rect.js';
import { createPictureTty, type PictureTty } from '../support/picture-tty.js';
import { paint, toFile } from '../support/pixels.js';

export const SCREEN = { columns: 48, rows: 12 };
/** Left blank by Ink: two pictures side by side. */
export const AREA = { columns: 18, rows: 6, row: 3 };
export const HALF = AREA.columns / 2;
const CELL = { width: 8, height: 16 };
export const KINDS = ['half blocks', 'sixel', 'placeholders', 'placed'] as const;
export type Kind = (typeof KINDS)[number];
export const IDS = { left: 7, right: 8 };

/** Each cell of each picture has a colour of its own, in steps that sixel can tell. */
const colorOf = (seed: number, x: number, y: number) => [(x * 13 + seed * 5) % 101, (y * 17 + seed) % 101, seed % 101].map((percent) => Math.round(percent * 2.55)); // biome-ignore format: one formula

export async function layerOf(kind: Kind, rect: Rect, seed: number, id: number): Promise<Layer> {
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
export function Frame({ texts, area }: { texts: string[]; area: 'left' | 'right' }) {
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
/** For `afterEach`. */
export function unmountAll(): void {
  for (const instance of mounted.splice(0)) instance.unmount();
}

export const INK_OPTIONS = { alternateScreen: true, interactive: true, patchConsole: false, maxFps: 1000 } as const;

export function openInk(
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
export type Side = 'left' | 'right';
export type Wanted = Map<Side, { rect: Rect; seed: number; kind: Kind }>;

/** Each cell of the area is its picture's or blank, and the terminal keeps no picture that is not shown. */
export async function expectPictures(tty: PictureTty, start: number, wanted: Wanted): Promise<void> {
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

export function isInside(rect: Rect, row: number, column: number): boolean {
  const [y, x] = [row - rect.row, column - rect.column];
  return y >= 0 && y < rect.rows && x >= 0 && x < rect.columns;
}

/** Sixel tells colours in percent. */
function isNear(shown: number[] | undefined, expected: number[]): boolean {
  return shown?.every((value, channel) => Math.abs(value - expected[channel]) <= 2) ?? false;
}
