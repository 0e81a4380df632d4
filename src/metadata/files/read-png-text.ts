/** Reads the texts of a PNG file (PNG specification, third edition, §11.3.3): tEXt, zTXt, iTXt, and the EXIF block of eXIf. */
import { crc32, inflateSync } from 'node:zlib';
import { type PngChunk, readPngChunks } from './png-chunks.js';

export interface PngTexts {
  /** By keyword; of two with the same keyword the later one. */
  texts: Record<string, string>;
  exif: Buffer | undefined;
}

/** A few kilobytes can unpack to gigabytes; a ComfyUI workflow has a few megabytes at most. Of all texts together. */
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;

/** What is damaged is passed over: a chunk whose checksum or packing is wrong, and everything behind a cut. */
export function readPngTexts(png: Uint8Array): PngTexts {
  const texts: Record<string, string> = {};
  let exif: Buffer | undefined;
  let room = MAX_UNPACKED_BYTES;
  for (const chunk of readPngChunks(png)) {
    const read = READERS[chunk.type];
    if (chunk.type !== 'eXIf' && read === undefined) continue;
    if (crc32(chunk.body) !== chunk.crc) continue;
    if (chunk.type === 'eXIf') exif = chunk.data;
    const found = read?.(chunk, room);
    if (found === undefined) continue;
    texts[found.keyword] = found.text;
    if (found.isPacked) room -= found.text.length;
  }
  return { texts, exif };
}

export function readPngText(png: Uint8Array): Record<string, string> {
  return readPngTexts(png).texts;
}

interface Found {
  keyword: string;
  text: string;
  isPacked: boolean;
}
type Reader = (chunk: PngChunk, maxBytes: number) => Found | undefined;

const READERS: Record<string, Reader | undefined> = { tEXt: readPlain, zTXt: readPacked, iTXt: readInternational };

/** keyword \0 text */
function readPlain({ data }: PngChunk): Found | undefined {
  const end = data.indexOf(0);
  if (end === -1) return undefined;
  return { keyword: data.toString('latin1', 0, end), text: decode(data.subarray(end + 1)), isPacked: false };
}

/** keyword \0 method, packed text */
function readPacked({ data }: PngChunk, maxBytes: number): Found | undefined {
  const end = data.indexOf(0);
  const bytes = end === -1 ? undefined : unpack(data.subarray(end + 2), data[end + 1], maxBytes);
  return bytes && { keyword: data.toString('latin1', 0, end), text: decode(bytes), isPacked: true };
}

/** keyword \0 packed? method language \0 translated keyword \0 text */
function readInternational({ data }: PngChunk, maxBytes: number): Found | undefined {
  const end = data.indexOf(0);
  const language = end === -1 ? -1 : data.indexOf(0, end + 3);
  const translated = language === -1 ? -1 : data.indexOf(0, language + 1);
  if (translated === -1) return undefined;
  const rest = data.subarray(translated + 1);
  const isPacked = data[end + 1] === 1;
  const bytes = isPacked ? unpack(rest, data[end + 2], maxBytes) : rest;
  return bytes && { keyword: data.toString('latin1', 0, end), text: bytes.toString('utf8'), isPacked };
}

/** @param method 0 = zlib, the only one there is */
function unpack(bytes: Buffer, method: number, maxBytes: number): Buffer | undefined {
  if (method !== 0 || maxBytes <= 0) return undefined;
  try {
    return inflateSync(bytes, { maxOutputLength: maxBytes });
  } catch {
    return undefined;
  }
}

/** Latin-1 by the specification, but many write UTF-8: Latin-1 text with letters beyond ASCII is hardly ever valid UTF-8. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
