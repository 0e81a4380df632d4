/** Writes text chunks into a PNG file; read-png-text.ts reads them. */
import { crc32 } from 'node:zlib';
import { PNG_CHUNK_FRAME_BYTES, PNG_SIGNATURE } from './png-chunks.js';

/** Signature and IHDR (13 bytes of data): text goes right behind, where a reader meets it before the pixels. */
const AFTER_HEADER = PNG_SIGNATURE.length + PNG_CHUNK_FRAME_BYTES + 13;

/**
 * Adds one chunk a keyword: `tEXt` for ASCII, else `iTXt` in UTF-8. Latin-1 could stand in a `tEXt`, too, but readers that
 * expect UTF-8 there, as many programs write it, would take some of it for other letters.
 */
export function withPngText(png: Uint8Array, texts: Record<string, string>): Uint8Array {
  const chunks = Object.entries(texts).map(([keyword, text]) => toTextChunk(keyword, text));
  return Buffer.concat([png.subarray(0, AFTER_HEADER), ...chunks, png.subarray(AFTER_HEADER)]);
}

function toTextChunk(keyword: string, text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant, but for NUL
  if (/^[\u0001-\u007f]*$/.test(text)) return toChunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
  return toChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
}

function toChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(PNG_CHUNK_FRAME_BYTES + data.length);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return chunk;
}
