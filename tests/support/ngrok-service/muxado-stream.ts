/** One stream of a muxado session, as a Duplex: with its window in each direction, half-close and reset. */
import { Duplex } from 'node:stream';
import { FLAG, FRAME, type Frame, uint32 } from './muxado-frames.js';

/** Both sides take it for granted; nobody says it. */
const WINDOW_BYTES = 256 * 1024;
const MAX_BODY_BYTES = 32 * 1024;
const CANCELLED = 6;
const EMPTY = Buffer.alloc(0);

export interface MuxadoStream {
  duplex: Duplex;
  hear(frame: Frame): void;
  /** The session is gone: there is nobody to tell. */
  cut(): void;
}

export interface MuxadoStreamOptions {
  id: number;
  /** We open it: the first frame says so. */
  isOurs: boolean;
  send: (frame: Frame, done?: () => void) => void;
  onGone: () => void;
}

export function createMuxadoStream({ id, isOurs, send, onGone }: MuxadoStreamOptions): MuxadoStream {
  let isNew = isOurs;
  let window = WINDOW_BYTES;
  /** Taken by the reader, and not told yet. */
  let owed = 0;
  let [heardEnd, saidEnd, isDead] = [false, false, false];
  let onWindow: (() => void) | undefined;

  function sendData(body: Buffer, flags: number, done?: () => void): void {
    send({ type: FRAME.data, flags: flags | (isNew ? FLAG.syn : FLAG.none), streamId: id, body }, done);
    isNew = false;
  }

  function write(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (isDead) done(new Error('the stream is gone'));
    else if (window === 0) onWindow = () => write(bytes, done);
    else writePart(bytes, done);
  }

  function writePart(bytes: Buffer, done: (error?: Error | null) => void): void {
    const size = Math.min(window, MAX_BODY_BYTES, bytes.length);
    window -= size;
    const rest = bytes.subarray(size);
    sendData(bytes.subarray(0, size), FLAG.none, () => (rest.length === 0 ? done() : write(rest, done)));
  }

  function wake(): void {
    const waiting = onWindow;
    onWindow = undefined;
    waiting?.();
  }

  function giveWindow(): void {
    if (owed === 0 || isDead || heardEnd) return;
    send({ type: FRAME.windowIncrement, flags: FLAG.none, streamId: id, body: uint32(owed) });
    owed = 0;
  }

  function hearData({ body, flags }: Frame): void {
    owed += body.length;
    if (body.length > 0 && duplex.push(body)) giveWindow();
    if ((flags & FLAG.fin) === 0) return;
    heardEnd = true;
    duplex.push(null);
    if (saidEnd) onGone();
  }

  const duplex = new Duplex({
    read: giveWindow,
    write: (bytes: Buffer, _encoding, done) => write(bytes, done),
    final(done) {
      saidEnd = true;
      if (!isDead) sendData(EMPTY, FLAG.fin);
      if (heardEnd) onGone();
      done();
    },
    destroy(error, done) {
      if (!isDead && !(heardEnd && saidEnd))
        send({ type: FRAME.reset, flags: FLAG.none, streamId: id, body: uint32(CANCELLED) });
      isDead = true;
      onGone();
      wake();
      done(error);
    },
  });
  // A stream that is cut is what this is for: both sides hear of it by 'close'.
  duplex.on('error', () => {});

  function cut(): void {
    isDead = true;
    duplex.destroy();
  }

  return {
    duplex,
    cut,
    hear(frame) {
      if (frame.type === FRAME.data) hearData(frame);
      else if (frame.type === FRAME.reset) cut();
      else if (frame.type === FRAME.windowIncrement) {
        window += frame.body.readUInt32BE(0);
        wake();
      }
    },
  };
}
