/** The service's side of one muxado session: typed streams, in both directions. */
import type { Duplex } from 'node:stream';
import { createFrameReader, encodeFrame, FLAG, FRAME, type Frame, uint32 } from './muxado-frames.js';
import { createMuxadoStream, type MuxadoStream } from './muxado-stream.js';

const STREAM_CLOSED = 4;
const TYPE_BYTES = 4;

export interface MuxadoSession {
  /** Streams that are open now. */
  readonly size: number;
  open(type: number): Duplex;
  goAway(): void;
}

export interface MuxadoHandlers {
  /** The other side opened one. */
  onStream(type: number, stream: Duplex): void;
  onGoAway(): void;
}

export function createMuxadoSession(line: Duplex, { onStream, onGoAway }: MuxadoHandlers): MuxadoSession {
  const streams = new Map<number, MuxadoStream>();
  let newestId = 0;

  const send = (frame: Frame, done?: () => void) => {
    if (line.writable) line.write(encodeFrame(frame), () => done?.());
    else done?.();
  };
  const reset = (streamId: number) =>
    send({ type: FRAME.reset, flags: FLAG.none, streamId, body: uint32(STREAM_CLOSED) });

  function add(id: number, isOurs: boolean): MuxadoStream {
    const stream = createMuxadoStream({ id, isOurs, send, onGone: () => streams.delete(id) });
    streams.set(id, stream);
    return stream;
  }

  function hear(frame: Frame): void {
    const { type, flags, streamId, body } = frame;
    const isNew = type === FRAME.data && (flags & FLAG.syn) !== 0;
    const stream = isNew ? add(streamId, false) : streams.get(streamId);
    if (isNew && stream !== undefined) readType(stream.duplex, (kind) => onStream(kind, stream.duplex));
    if (stream !== undefined) stream.hear(frame);
    else if (type === FRAME.goAway) onGoAway();
    else if (type === FRAME.data && body.length > 0) reset(streamId);
  }

  line.on('data', createFrameReader(hear));
  line.on('error', () => {}); // 'close' follows
  line.on('close', () => {
    for (const stream of streams.values()) stream.cut();
  });
  return {
    get size() {
      return streams.size;
    },
    open(type) {
      newestId += 2; // ours are even
      const { duplex } = add(newestId, true);
      duplex.write(uint32(type));
      return duplex;
    },
    goAway() {
      const body = Buffer.concat([uint32(0), uint32(0), Buffer.from('going away')]);
      send({ type: FRAME.goAway, flags: FLAG.none, streamId: 0, body });
    },
  };
}

/** The first bytes of each stream say what it is for. */
function readType(stream: Duplex, then: (type: number) => void): void {
  const look = () => {
    const bytes = stream.read(TYPE_BYTES) as Buffer | null;
    if (bytes === null) return;
    stream.off('readable', look);
    then(bytes.readUInt32BE(0));
  };
  stream.on('readable', look);
}
