/** What each protocol makes of a picture in a box of cells: how many pixels are worth having, and the layer that shows them. */
import { decodePicture, encodeJpeg, encodePng, type PictureSource, reduceColors } from '../decode-picture.js';
import type { Layer } from '../layer.js';
import { inMiddleOf, type Rect } from '../rect.js';
import type { CellSize } from '../terminal/cell-size.js';
import type { PictureColor } from '../terminal/color-depth.js';
import { USUAL_SIXEL_LIMIT } from '../terminal/sixel-room.js';
import { toHalfBlocks } from './half-block.js';
import { toInlineImage } from './iterm2.js';
import {
  deleteImage,
  type KittyImage,
  placeAtCursor,
  toPlaceholders,
  transmitForPlaceholders,
  transmitToCursor,
} from './kitty.js';
import type { Graphics } from './protocol.js';
import { resample } from './resample.js';
import { FIXED_COLORS, toFixedPalette, toOwnPalette, toSixel } from './sixel.js';
import { wrapForTmux } from './tmux.js';

export interface Size {
  width: number;
  height: number;
}

export interface Drawing {
  source: PictureSource;
  /** Of the source. */
  size: Size;
  /** Of the picture's shape. */
  box: Rect;
  cell: CellSize;
  /** Shown for a moment: quick and light, rather than as good as can be. */
  isPreview: boolean;
  /** Share of the usual side of a preview. */
  scale: number;
  /** Counts from 0: each has its own number in the terminal. */
  slot: number;
}

export interface Display {
  /** What previews should come as. */
  readonly format: 'rgb' | 'jpeg';
  /** The largest preview that is of use in this box. */
  previewSize(box: Rect, cell: CellSize, scale: number): Size;
  draw(drawing: Drawing): Promise<Layer>;
}

/** The longer side of pictures in pixels: of previews, of finished ones. */
interface Sides {
  preview: number;
  final: number;
}

/** Behind ssh or inside tmux bytes are dear. */
function toSides({ isRemote, inTmux }: Graphics, { near, far }: Record<'near' | 'far', Sides>): Sides {
  return isRemote || inTmux ? far : near;
}

const longerSide = ({ width, height }: Size) => Math.max(width, height);

const pixelsOf = ({ columns, rows }: Rect, { width, height }: CellSize): Size => ({
  width: Math.max(1, Math.floor(columns * width)),
  height: Math.max(1, Math.floor(rows * height)),
});

/** The largest size of this shape that fits; the cells of a box are rarely of a picture's shape to the pixel. */
function fitInto(free: Size, shape: Size): Size {
  const share = Math.min(free.width / shape.width, free.height / shape.height);
  const side = (most: number, length: number) => Math.max(1, Math.min(most, Math.round(length * share)));
  return { width: side(free.width, shape.width), height: side(free.height, shape.height) };
}

const toPixels = (dots: number, zoom: number) => Math.max(1, Math.floor(dots / zoom));

/** Of this shape, no side longer than that; never enlarged. */
function limit({ width, height }: Size, side: number): Size {
  const share = Math.min(1, side / longerSide({ width, height }));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

export function createDisplay(graphics: Graphics): Display {
  switch (graphics.protocol) {
    case 'kitty':
    case 'kitty-place':
      return createKitty(graphics);
    case 'iterm2':
      return createIterm2(graphics);
    case 'sixel':
      return createSixel(graphics);
    default:
      return createBlocks(graphics.protocol === '256' ? '256' : 'truecolor');
  }
}

/** A half block shows one pixel across and two down. */
function createBlocks(color: PictureColor): Display {
  const pixelsOf = ({ columns, rows }: Rect) => ({ width: columns, height: rows * 2 });
  return {
    format: 'rgb',
    previewSize: pixelsOf,
    async draw({ source, box }) {
      const { width, height } = pixelsOf(box);
      const picture =
        source instanceof Uint8Array ? await decodePicture(source, { width, height }) : resample(source, width, height);
      return { rect: box, content: { kind: 'rows', lines: toHalfBlocks(picture, { color }) } };
    },
  };
}

/** The terminal scales to the box; PNG is all that it reads. */
function createKitty(graphics: Graphics): Display {
  const sides = toSides(graphics, { near: { preview: 256, final: 1024 }, far: { preview: 128, final: 512 } });
  const nextId = createKittyIds(graphics.inTmux);
  const join = (sequences: string[]) => (graphics.inTmux ? sequences.map(wrapForTmux) : sequences).join('');
  return {
    format: 'jpeg',
    previewSize: (box, cell, scale) => limit(pixelsOf(box, cell), sides.preview * scale),
    async draw({ source, size, box, cell, isPreview, scale, slot }) {
      const side = isPreview ? sides.preview * scale : sides.final;
      const png = await encodePng(source, limit(pixelsOf(box, cell), Math.min(side, longerSide(size))));
      const { id, others } = nextId(slot);
      const image: KittyImage = { id, columns: box.columns, rows: box.rows };
      const remove = join([id, ...others].sort((a, b) => a - b).map(deleteImage));
      if (graphics.protocol === 'kitty') {
        const transmit = join(transmitForPlaceholders(image, png));
        return { rect: box, content: { kind: 'rows', lines: toPlaceholders(image), transmit, remove } };
      }
      const [transmit, place] = [join(transmitToCursor(image, png)), join([placeAtCursor(image)])];
      return { rect: box, content: { kind: 'placed', transmit, place, remove } };
    },
  };
}

/**
 * A slot has two numbers by turns: the next picture is sent unseen while the last one still shows. Under one number it would
 * be gone until the new one has come: kitty waits a tenth of a second for the end of an update, and tmux not at all.
 */
function createKittyIds(inTmux: boolean): (slot: number) => { id: number; others: number[] } {
  // Others may show pictures in the same terminal, beside us in tmux.
  const first = 1 + Math.floor(Math.random() * 0xff0000);
  const turns = new Map<number, number>();
  return (slot) => {
    const turn = 1 - (turns.get(slot) ?? 1);
    turns.set(slot, turn);
    const ids = [first + slot * 2, first + slot * 2 + 1];
    // tmux draws the new text later than it passes on a removal: there the last picture stays until its number is used again.
    return { id: ids[turn], others: inTmux ? [ids[1 - turn]] : [] };
  };
}

/** The terminal scales, and reads what the server sends. */
function createIterm2(graphics: Graphics): Display {
  const sides = toSides(graphics, { near: { preview: 512, final: 1024 }, far: { preview: 256, final: 512 } });
  return {
    format: 'jpeg',
    previewSize: (box, cell, scale) => limit(pixelsOf(box, cell), sides.preview * scale),
    async draw({ source, size, box, cell, isPreview }) {
      // Not the cells' pixels: terminals that have two for one tell the size in the larger ones.
      const side = Math.min(sides.final, longerSide(size));
      const shape = { width: box.columns * cell.width * side, height: box.rows * cell.height * side };
      const isReady = isPreview && source instanceof Uint8Array;
      const file = isReady ? source : await encodeJpeg(source, limit(shape, side));
      const sequence = toInlineImage(file, box);
      return { rect: box, content: { kind: 'image', bytes: graphics.inTmux ? wrapForTmux(sequence) : sequence } };
    },
  };
}

/** More is too much to encode ten times a second: beyond it a pixel of a preview becomes several dots. */
const SIXEL_PREVIEW_SIDE = 240;

/** Nobody scales: what is smaller than its box, or has not quite its shape, is shown in the middle of it. */
function createSixel(graphics: Graphics): Display {
  const room = graphics.sixelLimit ?? USUAL_SIXEL_LIMIT;
  const sides = toSides(graphics, { near: { preview: 640, final: 996 }, far: { preview: 240, final: 480 } });

  /** Dots that are free for a picture: the box's own, as far as the terminal takes so many. */
  function roomIn(box: Rect, cell: CellSize): Size {
    const { width, height } = pixelsOf(box, cell);
    return { width: Math.min(width, room.width), height: Math.min(height, room.height) };
  }

  function previewOf(free: Size, scale: number): { size: Size; zoom: number } {
    const dots = limit(free, sides.preview);
    const zoom = Math.ceil(longerSide(dots) / SIXEL_PREVIEW_SIDE);
    const { width, height } = limit(dots, (longerSide(dots) / zoom) * scale);
    // Rounded up, the dots of all pixels would be more than there are.
    return {
      size: {
        width: Math.min(width, toPixels(dots.width, zoom)),
        height: Math.min(height, toPixels(dots.height, zoom)),
      },
      zoom,
    };
  }

  async function drawPreview({ source, size: shape, box, cell, scale }: Drawing): Promise<Sixel> {
    const { size, zoom } = previewOf(fitInto(roomIn(box, cell), shape), scale);
    const picture = hasFixedPalette ? toFixedPalette(await decodePicture(source, size)) : await toReduced(source, size);
    return { bytes: toSixel(picture, zoom), size: { width: size.width * zoom, height: size.height * zoom } };
  }

  async function drawFinal({ source, size: shape, box, cell }: Drawing): Promise<Sixel> {
    const size = limit(fitInto(roomIn(box, cell), shape), sides.final);
    return { bytes: toSixel(await toReduced(source, size)), size };
  }

  const hasFixedPalette = room.colors >= FIXED_COLORS;
  const toReduced = async (source: PictureSource, size: Size) =>
    toOwnPalette(await reduceColors(source, size, room.colors));

  return {
    format: 'jpeg',
    previewSize: (box, cell, scale) => previewOf(pixelsOf(box, cell), scale).size,
    async draw(drawing) {
      const { box, cell, isPreview } = drawing;
      const { bytes, size } = await (isPreview ? drawPreview(drawing) : drawFinal(drawing));
      const cells = { columns: Math.ceil(size.width / cell.width), rows: Math.ceil(size.height / cell.height) };
      return { rect: inMiddleOf(box, cells), content: { kind: 'image', bytes } };
    },
  };
}

interface Sixel {
  bytes: string;
  /** In dots of the screen. */
  size: Size;
}
