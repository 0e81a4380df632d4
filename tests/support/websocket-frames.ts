/** WebSocket frames by hand (RFC 6455 §5.2): also those that no library would send. */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  opcode: number;
  payload: Uint8Array;
  fin: boolean;
}

export interface ClientFrame {
  opcode?: number | undefined;
  payload?: Uint8Array | undefined;
  fin?: boolean | undefined;
  /** The three reserved bits, as 0 … 7; 4 means compressed. */
  rsv?: number | undefined;
  masked?: boolean | undefined;
  /** What the header says; left out = the truth. */
  length?: number | undefined;
  /** Of the length; left out = the shortest that can hold it. */
  lengthBytes?: number | undefined;
}

const MASK = Uint8Array.of(0x12, 0x34, 0x56, 0x78);

export function clientFrame(frame: ClientFrame): Buffer {
  const { opcode = OPCODES.text, payload = new Uint8Array(), fin = true, rsv = 0, masked = true } = frame;
  const { length = payload.length, lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8 } = frame;
  const extended = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) extended.writeUInt16BE(length & 0xffff);
  if (lengthBytes === 8) extended.writeBigUInt64BE(BigInt.asUintN(64, BigInt(length)));
  const short = lengthBytes === 0 ? length & 0x7f : lengthBytes === 2 ? 126 : 127;
  const head = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | short);
  if (!masked) return Buffer.concat([head, extended, payload]);
  return Buffer.concat([head, extended, MASK, payload.map((byte, i) => byte ^ MASK[i % MASK.length])]);
}

/** Frames of a server, which are not masked; one that is not whole is left out. */
export function readFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1] & 0x7f;
    const start = at + 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
    if (start > bytes.length) break;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.length) break;
    const payload = bytes.subarray(start, start + length);
    frames.push({ opcode: bytes[at] & 0x0f, fin: (bytes[at] & 0x80) !== 0, payload });
    at = start + length;
  }
  return frames;
}

/** Of a close frame. */
export function closeCodeOf({ payload }: Pick<Frame, 'payload'>): number | undefined {
  return payload.length < 2 ? undefined : Buffer.from(payload).readUInt16BE(0);
}
