/** Frames of muxado, which ngrok's agent and service speak: many streams on one connection. */

export const FRAME = { reset: 0, data: 1, windowIncrement: 2, goAway: 3 } as const;
export const FLAG = { none: 0, fin: 1, syn: 2 } as const;
const HEADER_BYTES = 8;

export interface Frame {
  type: number;
  flags: number;
  /** 0 = of the session itself. */
  streamId: number;
  body: Buffer;
}

/** Length (24 bits), type and flags (4 each), stream (32 bits): all big-endian. */
export function encodeFrame({ type, flags, streamId, body }: Frame): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(body.length, 0, 3);
  header.writeUInt8((type << 4) | flags, 3);
  header.writeUInt32BE(streamId, 4);
  return Buffer.concat([header, body]);
}

/** @returns what takes the bytes as they come */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUIntBE(0, 3);
      if (rest.length < end) return;
      const [kind, streamId] = [rest.readUInt8(3), rest.readUInt32BE(4) & 0x7fff_ffff];
      const body = rest.subarray(HEADER_BYTES, end);
      rest = rest.subarray(end);
      onFrame({ type: kind >> 4, flags: kind & 0xf, streamId, body });
    }
  };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
