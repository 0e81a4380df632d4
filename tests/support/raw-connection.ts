/** A TCP connection that says exactly the bytes it is told to, and keeps what comes back: past every library's good manners. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  readonly socket: Socket;
  /** Everything that came so far. */
  readonly received: Buffer;
  send(bytes: string | Uint8Array): void;
  /** Says that nothing more will come. */
  finish(): void;
  /** Resolves when what came satisfies this, or when the other side has closed. */
  until(holds: (received: Buffer) => boolean): Promise<void>;
  /** Resolves with everything that came, when the other side has closed. */
  readonly closed: Promise<Buffer>;
  /** Cuts the line, with an RST. */
  cut(): void;
}

/** @param text is sent as Latin-1: one byte a character */
export async function openRaw(port: number, text: string | Uint8Array = ''): Promise<RawConnection> {
  // Both directions end on their own, as a hostile client would have it: only the server's end may close it.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = Buffer.alloc(0);
  let look = () => {};
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    look();
  });
  // A reset is one way to be closed.
  socket.on('error', () => {});
  const closed = new Promise<Buffer>((resolve) => {
    const end = () => {
      isOver = true;
      look();
      resolve(received);
    };
    socket.once('end', end).once('close', end);
  });
  await Promise.race([once(socket, 'connect'), closed]);
  const send = (bytes: string | Uint8Array) =>
    void (socket.writable && socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes));
  if (text.length > 0) send(text);
  return {
    socket,
    get received() {
      return received;
    },
    send,
    finish: () => void socket.end(),
    until: (holds) =>
      new Promise((resolve) => {
        look = () => {
          if (isOver || holds(received)) resolve();
        };
        look();
      }),
    closed,
    cut: () => void socket.resetAndDestroy(),
  };
}

/** The head of a request, as its client means it. */
export function requestHead(line: string, headers: Record<string, string | number> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Status of the first answer; undefined when there is none. */
export function statusOf(received: Buffer): number | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(received.toString('latin1'))?.[1];
  return status === undefined ? undefined : Number(status);
}
