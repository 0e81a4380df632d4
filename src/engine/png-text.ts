/** Text chunks of a PNG file (PNG specification, third edition, §11.3.3): sharp reads pixels, not these. */
import { crc32 } from 'node:zlib';
import { SafelightError } from '../protocol/errors.js';

const SIGNATURE_BYTES = 8;
/** Length, type and CRC around the data of a chunk. */
const CHUNK_FRAME_BYTES = 12;
/** Signature and IHDR (13 bytes of data): text goes right behind, where a reader meets it before the pixels. */
const AFTER_HEADER = SIGNATURE_BYTES + CHUNK_FRAME_BYTES + 13;

/** Adds one chunk a keyword: `tEXt` where Latin-1 can hold the text, else `iTXt` in UTF-8, as Pillow does. */
export function withPngText(png: Uint8Array, texts: Record<string, string>): Uint8Array {
  const chunks = Object.entries(texts).map(([keyword, text]) => toTextChunk(keyword, text));
  return Buffer.concat([png.subarray(0, AFTER_HEADER), ...chunks, png.subarray(AFTER_HEADER)]);
}

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

function toTextChunk(keyword: string, text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of Latin-1 is meant, but for NUL
  if (/^[\u0001-\u00ff]*$/.test(text)) return toChunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
  return toChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
}

function toChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(CHUNK_FRAME_BYTES + data.length);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return chunk;
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_FRAME_BYTES <= png.length) {
    const length = png.readUInt32BE(at);
    if (at + CHUNK_FRAME_BYTES + length > png.length)
      throw new SafelightError('BAD_MESSAGE', 'the PNG file is cut short');
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += CHUNK_FRAME_BYTES + length;
  }
}
