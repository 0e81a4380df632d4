/** Reads the text chunks of a PNG file (PNG specification, third edition, §11.3.3): sharp reads pixels, not these. */
import { SafelightError } from './errors.js';

export const PNG_SIGNATURE_BYTES = 8;
/** Length, type and CRC around the data of a chunk. */
export const PNG_CHUNK_FRAME_BYTES = 12;

/** Every uncompressed text chunk. @throws SafelightError BAD_MESSAGE when it is no PNG or cut short */
export function readPngText(png: Uint8Array): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { type, data } of chunksOf(Buffer.from(png.buffer, png.byteOffset, png.byteLength))) {
    const end = data.indexOf(0);
    const keyword = data.toString('latin1', 0, end);
    if (type === 'tEXt') texts[keyword] = data.toString('latin1', end + 1);
    // iTXt: keyword \0 compressed? method language \0 translated keyword \0 text
    if (type === 'iTXt' && data[end + 1] === 0) {
      const language = data.indexOf(0, end + 3);
      texts[keyword] = data.toString('utf8', data.indexOf(0, language + 1) + 1);
    }
  }
  return texts;
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  let at = PNG_SIGNATURE_BYTES;
  while (at + PNG_CHUNK_FRAME_BYTES <= png.length) {
    const length = png.readUInt32BE(at);
    if (at + PNG_CHUNK_FRAME_BYTES + length > png.length)
      throw new SafelightError('BAD_MESSAGE', 'the PNG file is cut short');
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += PNG_CHUNK_FRAME_BYTES + length;
  }
}
