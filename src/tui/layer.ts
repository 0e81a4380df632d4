/** What the painter puts on the screen beside Ink's text: a box of cells, and the bytes that fill it. */
import type { Rect } from './rect.js';

export interface Layer {
  rect: Rect;
  content: LayerContent;
}

/** Content is compared by its text: what is on the screen already is not sent again. */
export type LayerContent = RowsContent | ImageContent | PlacedContent;

/** Text, cell by cell: half blocks, or kitty's placeholders for a picture that is sent before. */
export interface RowsContent {
  kind: 'rows';
  /** One string for each row of the rectangle: its cells with their colours. */
  lines: readonly string[];
  /** Sent once. */
  transmit?: string;
  /** Sent when the layer goes, with spaces over its cells. */
  remove?: string;
}

/** Pixels that text wipes out: sixel, iTerm2. Painted whole from the rectangle's top left cell. */
export interface ImageContent {
  kind: 'image';
  bytes: string;
}

/** Pixels on a plane of their own, which text does not touch: kitty without placeholders. */
export interface PlacedContent {
  kind: 'placed';
  /** Sends it, and shows it at the cursor. */
  transmit: string;
  /** Shows it at the cursor again. */
  place: string;
  remove: string;
}
