/**
 * The kitty graphics protocol: a PNG is sent once under a number, and shown either by placeholder characters, which are
 * text to Ink, tmux and the terminal, or at a place on a plane of its own, which text does not touch.
 */
import { KITTY_NUMBERS } from './kitty-numbers.js';

export interface KittyImage {
  /** 1 … 2²⁴ − 1: the placeholders tell it by their colour. */
  id: number;
  columns: number;
  rows: number;
}

const PLACEHOLDER = '\u{10EEEE}';
/** The protocol's limit for the payload of one escape. */
const CHUNK_CHARS = 4096;
/** The only placement of an image: to place it again is to move it. */
const PLACEMENT = 1;

/** `q=2`: the terminal answers nothing, not even errors. */
const toSequence = (keys: string, payload = '') => `\x1b_G${keys},q=2;${payload}\x1b\\`;

/** Escapes that send the picture; it shows wherever its placeholders are written. */
export function transmitForPlaceholders(image: KittyImage, png: Uint8Array): string[] {
  return transmit(`a=T,U=1,f=100,i=${image.id},c=${image.columns},r=${image.rows}`, png);
}

/** Escapes that send the picture and show it at the cursor, which stays. */
export function transmitToCursor(image: KittyImage, png: Uint8Array): string[] {
  return transmit(`a=T,f=100,i=${image.id},${placementKeys(image)}`, png);
}

/** Shows a sent picture at the cursor, and no longer where it was. */
export function placeAtCursor(image: KittyImage): string {
  return toSequence(`a=p,i=${image.id},${placementKeys(image)}`);
}

/** Frees the picture's memory in the terminal, too. */
export function deleteImage(id: number): string {
  return toSequence(`a=d,d=I,i=${id}`);
}

/** The picture's rows as text: the first cell tells row and column, the others follow it. */
export function toPlaceholders({ id, columns, rows }: KittyImage): string[] {
  const color = `\x1b[38;2;${id >> 16};${(id >> 8) & 255};${id & 255}m`;
  const rest = PLACEHOLDER.repeat(Math.max(0, columns - 1));
  return Array.from(
    { length: Math.min(rows, KITTY_NUMBERS.length) },
    (_, row) => `${color}${PLACEHOLDER}${KITTY_NUMBERS[row]}${KITTY_NUMBERS[0]}${rest}\x1b[39m`,
  );
}

function placementKeys({ columns, rows }: KittyImage): string {
  return `p=${PLACEMENT},C=1,c=${columns},r=${rows}`;
}

function transmit(keys: string, png: Uint8Array): string[] {
  const payload = Buffer.from(png).toString('base64');
  const chunks = payload.match(new RegExp(`.{1,${CHUNK_CHARS}}`, 'g')) ?? [''];
  return chunks.map((chunk, index) => {
    const more = `m=${index < chunks.length - 1 ? 1 : 0}`;
    return toSequence(index === 0 ? `${keys},${more}` : more, chunk);
  });
}
