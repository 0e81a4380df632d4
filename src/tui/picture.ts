/** The picture on screen: takes previews and finals, keeps the newest, and redraws it when its box moves. */
import type { PreviewEvent } from '../client/client.js';
import { toHalfBlocks } from '../client/half-block.js';
import type { PreviewWish } from '../protocol/messages.js';
import { decodePicture } from './decode-picture.js';
import type { Rect } from './layout.js';
import type { Painter } from './painter.js';
import type { PictureColor } from './picture-color.js';
import { type RgbPicture, resample } from './resample.js';

export interface Picture {
  /** Where it may be drawn from now on; undefined = nowhere. */
  place(box: Rect | undefined): void;
  showPreview(preview: PreviewEvent): void;
  /** @param bytes of the picture's file; throws what sharp throws when it cannot read them */
  showFinal(bytes: Uint8Array): Promise<void>;
}

interface PictureDeps {
  painter: Pick<Painter, 'show' | 'hide'>;
  color: PictureColor;
  /** Tells the server what fits the box. */
  onWish(wish: PreviewWish): void;
}

const PREVIEWS_PER_SECOND = 8;
const NO_PREVIEWS: PreviewWish = { format: 'none', maxWidth: 1, maxHeight: 1, maxPerSecond: 1 };

/** Pixels of a box of half blocks. */
const toPixels = ({ columns, rows }: Rect) => ({ width: columns, height: rows * 2 });

function toWish(box: Rect | undefined): PreviewWish {
  if (box === undefined) return NO_PREVIEWS;
  const { width, height } = toPixels(box);
  return { format: 'rgb', maxWidth: width, maxHeight: height, maxPerSecond: PREVIEWS_PER_SECOND };
}

export function createPicture({ painter, color, onWish }: PictureDeps): Picture {
  let box: Rect | undefined;
  let newest: { preview: RgbPicture } | { final: Uint8Array } | undefined;

  function draw(picture: RgbPicture, target: Rect): void {
    const { width, height } = toPixels(target);
    const lines = toHalfBlocks(resample(picture, width, height), { color });
    painter.show({ row: target.row, column: target.column, columns: target.columns, lines });
  }

  /** Decoding takes a moment: by then there may be something newer, or another box. */
  async function drawFinal(final: Uint8Array, target: Rect): Promise<void> {
    const picture = await decodePicture(final, toPixels(target));
    const isNewest = newest !== undefined && 'final' in newest && newest.final === final;
    if (isNewest && box === target) draw(picture, target);
  }

  return {
    place(next) {
      box = next;
      painter.hide();
      onWish(toWish(box));
      if (box === undefined || newest === undefined) return;
      if ('preview' in newest) draw(newest.preview, box);
      // It was decoded once already, for the box before.
      else void drawFinal(newest.final, box).catch(() => {});
    },
    showPreview({ format, width, height, bytes }) {
      if (format !== 'rgb' || bytes.length !== width * height * 3) return;
      const preview = { width, height, pixels: bytes };
      newest = { preview };
      if (box !== undefined) draw(preview, box);
    },
    async showFinal(bytes) {
      newest = { final: bytes };
      if (box !== undefined) await drawFinal(bytes, box);
    },
  };
}
