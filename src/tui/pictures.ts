/** The pictures on screen: each slot keeps its newest, and draws it as its box, the terminal's cells and its pace ask for. */
import type { PreviewEvent } from '../client/client.js';
import type { PreviewWish } from '../protocol/messages.js';
import { type PictureSource, readSize } from './decode-picture.js';
import { createDisplay } from './graphics/display.js';
import { type Graphics, type Protocol, stepDown } from './graphics/protocol.js';
import { fitPicture } from './layout.js';
import type { Painter } from './painter.js';
import { inMiddleOf, isSameRect, type Rect } from './rect.js';
import type { CellSizes } from './terminal/cell-size.js';
import { createWritePace } from './terminal/write-pace.js';

export interface Pictures {
  /**
   * Where a slot's picture may be drawn from now on; undefined = nowhere. To be called before Ink draws the layout that
   * it belongs to: the change goes out with Ink's frame.
   * @param isLive previews are asked for this box, or a larger one that is live
   */
  place(slot: string, box: Rect | undefined, isLive?: boolean): void;
  /**
   * A preview, or a finished picture's file, in place of what the slot showed.
   * @returns resolves when it is drawn, or overtaken; rejects with what sharp says of a file that it cannot read
   */
  show(slot: string, picture: PreviewEvent | Uint8Array): Promise<void>;
  /** The slot's picture and box are done with. */
  remove(slot: string): void;
  /** For the painter: a write with pictures took so long. */
  wrote(ms: number): void;
  stop(): void;
}

interface PicturesDeps {
  painter: Pick<Painter, 'show' | 'hide' | 'hold'>;
  graphics: Graphics;
  cells: Pick<CellSizes, 'current' | 'subscribe'>;
  /** Tells the server what fits the largest live box. */
  onWish(wish: PreviewWish): void;
  /** The terminal is too slow for what it showed: from now on it is this. */
  onStepDown?(protocol: Protocol): void;
  now?(): number;
}

/** Where the picture of the running job is. */
export const MAIN_SLOT = 'main';
const PREVIEWS_PER_SECOND = { local: 8, remote: 4 };
const NO_PREVIEWS: PreviewWish = { format: 'none', maxWidth: 1, maxHeight: 1, maxPerSecond: 1 };

interface Slot {
  /** Counts from 0. */
  number: number;
  box: Rect | undefined;
  isLive: boolean;
  newest: { source: PictureSource; isPreview: boolean } | undefined;
  /** One drawing at a time; never rejects. */
  drawn: Promise<void>;
}

export function createPictures(deps: PicturesDeps): Pictures {
  const { painter, cells, onWish, onStepDown } = deps;
  const slots = new Map<string, Slot>();
  let slotCount = 0;
  let graphics = deps.graphics;
  let display = createDisplay(graphics);
  /** A client asks for none until it says otherwise. */
  let wished = JSON.stringify(NO_PREVIEWS);
  const writePace = createWritePace({ onChange: wish, onStepDown: goPlainer, ...(deps.now && { now: deps.now }) });
  const stopListening = cells.subscribe(drawAllAgain);

  function slotOf(id: string): Slot {
    const known = slots.get(id);
    if (known !== undefined) return known;
    const slot: Slot = {
      ...{ number: slotCount++, box: undefined, isLive: false, newest: undefined },
      drawn: Promise.resolve(),
    };
    slots.set(id, slot);
    return slot;
  }

  function wish(): void {
    const live = [...slots.values()].filter(({ isLive, box }) => isLive && box !== undefined);
    const next = toWish(live.sort((a, b) => cellsOf(b.box) - cellsOf(a.box))[0]?.box);
    const words = JSON.stringify(next);
    if (words === wished) return;
    wished = words;
    onWish(next);
  }

  function toWish(box: Rect | undefined): PreviewWish {
    if (box === undefined) return NO_PREVIEWS;
    const { rate, size } = writePace.pace;
    const { width, height } = display.previewSize(box, cells.current(), size);
    const perSecond = graphics.isRemote ? PREVIEWS_PER_SECOND.remote : PREVIEWS_PER_SECOND.local;
    return { format: display.format, maxWidth: width, maxHeight: height, maxPerSecond: perSecond * rate };
  }

  /** What was overtaken while it waited is not drawn. */
  function draw(id: string, slot: Slot): Promise<void> {
    const { newest, box } = slot;
    const isCurrent = () => slots.get(id) === slot && slot.newest === newest && slot.box === box;
    const drawing = slot.drawn.then(() => (isCurrent() ? drawNow(id, slot) : undefined));
    slot.drawn = drawing.catch(() => {});
    return drawing;
  }

  async function drawNow(id: string, slot: Slot): Promise<void> {
    const { box: area, newest } = slot;
    if (area === undefined || newest === undefined) return;
    const [by, cell] = [display, cells.current()];
    const size = await readSize(newest.source);
    const box = fitInside(area, size.width / size.height, cell.width / cell.height);
    const layer = await by.draw({ ...newest, size, box, cell, scale: writePace.pace.size, slot: slot.number });
    // Encoding takes a moment: by then there may be another box, or another way to draw; something newer comes next.
    if (slots.get(id) === slot && slot.box === area && display === by) painter.show(id, layer);
  }

  function drawAllAgain(): void {
    wish();
    for (const [id, slot] of slots) void draw(id, slot).catch(() => {});
  }

  function goPlainer(): void {
    const plainer = stepDown(graphics);
    if (plainer === undefined) return;
    graphics = plainer;
    display = createDisplay(plainer);
    drawAllAgain();
    onStepDown?.(plainer.protocol);
  }

  return {
    place(id, box, isLive = id === MAIN_SLOT) {
      const slot = slotOf(id);
      slot.isLive = isLive;
      painter.hold();
      if (box !== undefined && slot.box !== undefined && isSameRect(box, slot.box)) return;
      slot.box = box;
      painter.hide(id);
      wish();
      // A file that cannot be read was told of when it was shown.
      if (box !== undefined) void draw(id, slot).catch(() => {});
    },
    async show(id, picture) {
      const newest = toNewest(picture);
      if (newest === undefined) return;
      const slot = slotOf(id);
      slot.newest = newest;
      await draw(id, slot);
    },
    remove(id) {
      painter.hold();
      painter.hide(id);
      slots.delete(id);
      wish();
    },
    wrote: (ms) => writePace.wrote(ms),
    stop: stopListening,
  };
}

function cellsOf(box: Rect | undefined): number {
  return box === undefined ? 0 : box.columns * box.rows;
}

function toNewest(picture: PreviewEvent | Uint8Array): Slot['newest'] {
  if (picture instanceof Uint8Array) return { source: picture, isPreview: false };
  const { format, width, height, bytes } = picture;
  if (format !== 'rgb') return { source: bytes, isPreview: true };
  const isWhole = bytes.length === width * height * 3;
  return isWhole ? { source: { width, height, pixels: bytes }, isPreview: true } : undefined;
}

/** A box made for pictures of this shape is theirs, whatever its rounding. */
function fitInside(area: Rect, aspect: number, cellAspect: number): Rect {
  const cells = fitPicture(area, aspect, cellAspect);
  const isFit = area.columns - cells.columns <= 1 && area.rows - cells.rows <= 1;
  return isFit ? area : inMiddleOf(area, cells);
}
