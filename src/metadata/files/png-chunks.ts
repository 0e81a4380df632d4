/** The chunks of a PNG file (PNG specification, third edition, §5): where its texts stand; sharp reads pixels, not these. */

export const PNG_SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and CRC around the data of a chunk. */
export const PNG_CHUNK_FRAME_BYTES = 12;

export interface PngChunk {
  type: string;
  data: Buffer;
  /** Type and data: what the CRC is of. */
  body: Buffer;
  crc: number;
}

export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, at) => bytes[at] === byte);
}

/** Ends where the file is cut short, or where what follows is no chunk. */
export function* readPngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = PNG_SIGNATURE.length;
  while (at + PNG_CHUNK_FRAME_BYTES <= png.length) {
    const end = at + PNG_CHUNK_FRAME_BYTES + png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (end > png.length || !/^[A-Za-z]{4}$/.test(type)) return;
    yield {
      type,
      data: png.subarray(at + 8, end - 4),
      body: png.subarray(at + 4, end - 4),
      crc: png.readUInt32BE(end - 4),
    };
    at = end;
  }
}
