/** EDGE: the server's only import of ws. Turns an HTTP upgrade into the narrow socket that a connection works with. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { MAX_INBOUND_FRAME_BYTES, SUBPROTOCOL } from '../protocol/messages.js';
import type { Log } from './log.js';

const PING_INTERVAL_MS = 20_000;
/** Three silent intervals are 60 s. Counted, not timed: a machine that slept is not a dead link. */
const MAX_SILENT_PINGS = 3;

export interface Socket {
  /** Text as a string, binary as bytes. Resolves when it is handed to the network; rejects when the socket is gone. */
  send(data: string | Uint8Array): Promise<void>;
  close(code: number, reason: string): void;
  onMessage(listener: (data: string | Uint8Array) => void): void;
  onClose(listener: () => void): void;
}

export interface SocketServer {
  /** The caller has already checked who is asking. */
  accept(request: IncomingMessage, stream: Duplex, head: Buffer, onSocket: (socket: Socket) => void): void;
  /** Cuts every socket that is still open. */
  terminate(): void;
}

export function createSocketServer(log: Log, pingIntervalMs: number = PING_INTERVAL_MS): SocketServer {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_INBOUND_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return {
    accept(request, stream, head, onSocket) {
      server.handleUpgrade(request, stream, head, (ws) => {
        // Without a listener one bad frame from the network ends the process; ws itself closes the socket after it.
        ws.on('error', (error) => log(`websocket: ${error.message}`));
        keepAlive(ws, () => request.socket.bytesRead, pingIntervalMs);
        onSocket(toSocket(ws));
      });
    },
    terminate() {
      for (const ws of server.clients) ws.terminate();
    },
  };
}

/** Any byte counts as life: a pong may wait behind a stalled stream. */
function keepAlive(ws: WebSocket, bytesRead: () => number, pingIntervalMs: number): void {
  let seen = bytesRead();
  let silent = 0;
  const timer = setInterval(() => {
    silent = bytesRead() === seen ? silent + 1 : 0;
    seen = bytesRead();
    if (silent >= MAX_SILENT_PINGS) ws.terminate();
    else if (ws.readyState === ws.OPEN) ws.ping();
  }, pingIntervalMs);
  ws.on('close', () => clearInterval(timer));
}

function toSocket(ws: WebSocket): Socket {
  return {
    send: (data) =>
      new Promise((resolve, reject) => {
        ws.send(data, (error) => (error ? reject(error) : resolve()));
      }),
    close: (code, reason) => ws.close(code, reason),
    onMessage: (listener) => ws.on('message', (data, isBinary) => listener(isBinary ? toBytes(data) : String(data))),
    onClose: (listener) => ws.on('close', listener),
  };
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
