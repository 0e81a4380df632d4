/** EDGE: the server's only import of ws. Turns an HTTP upgrade into the narrow socket that a connection works with. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES, MAX_INBOUND_FRAME_BYTES, SUBPROTOCOL } from '../protocol/messages.js';
import type { Log } from './log.js';

const PING_INTERVAL_MS = 20_000;
/** What may wait for one client: a preview of the largest size for each of a few jobs. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** A client that takes nothing for so long does not read; it may come back and go on. */
const STALL_MS = 30_000;
/** To answer a close that the client may not read either. */
const CLOSE_GRACE_MS = 1000;
/** For a half-open link to show itself. */
const PROBE_MS = 3000;
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
  /** Sockets that are open now. */
  readonly size: number;
  /** The caller has already checked who is asking. */
  accept(request: IncomingMessage, stream: Duplex, head: Buffer, onSocket: (socket: Socket) => void): void;
  /** Cuts whoever does not answer a ping in a moment: half-open links must not keep others out for a minute. */
  dropDead(): void;
  /** Cuts every socket that is still open. */
  terminate(): void;
}

export interface SocketServerOptions {
  log: Log;
  /** Why a socket was cut, in a word. */
  onCut: (reason: 'slow' | 'silent') => void;
  pingIntervalMs?: number;
}

export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { log, onCut, pingIntervalMs = PING_INTERVAL_MS } = options;
  const cut: Cut = {
    silent(ws) {
      onCut('silent');
      ws.terminate();
    },
    // Says why, and does not wait for an answer that may never be read.
    slow(ws) {
      if (ws.readyState !== ws.OPEN) return; // done already: what else was to be sent asks again
      onCut('slow');
      ws.close(CLOSE_CODES.slow, 'too slow');
      setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
    },
  };
  const probes = new WeakMap<WebSocket, () => number>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_INBOUND_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return {
    get size() {
      return server.clients.size;
    },
    accept(request, stream, head, onSocket) {
      server.handleUpgrade(request, stream, head, (ws) => {
        // Without a listener one bad frame from the network ends the process; ws itself closes the socket after it.
        ws.on('error', (error) => log('websocket broke', { level: 'info', reason: error.message }));
        const bytesRead = () => request.socket.bytesRead;
        const socket = toSocket(ws, cut);
        keepAlive(ws, { bytesRead, stalledMs: socket.stalledMs, cut, pingIntervalMs });
        probes.set(ws, bytesRead);
        onSocket(socket);
      });
    },
    dropDead() {
      for (const ws of server.clients) probe(ws, probes.get(ws), cut);
    },
    terminate() {
      for (const ws of server.clients) ws.terminate();
    },
  };
}

interface Cut {
  silent(ws: WebSocket): void;
  slow(ws: WebSocket): void;
}

/** One ping, and a moment to answer it. */
function probe(ws: WebSocket, bytesRead: (() => number) | undefined, cut: Cut): void {
  const seen = bytesRead?.();
  ws.ping();
  setTimeout(() => {
    if (bytesRead?.() === seen) cut.silent(ws);
  }, PROBE_MS).unref();
}

interface KeepAliveOptions {
  bytesRead: () => number;
  /** How long what was sent has waited without a byte of it being taken. */
  stalledMs: () => number;
  cut: Cut;
  pingIntervalMs: number;
}

/** Any byte counts as life: a pong may wait behind a stalled stream. */
function keepAlive(ws: WebSocket, { bytesRead, stalledMs, cut, pingIntervalMs }: KeepAliveOptions): void {
  let seen = bytesRead();
  let silent = 0;
  const timer = setInterval(() => {
    silent = bytesRead() === seen ? silent + 1 : 0;
    seen = bytesRead();
    if (silent >= MAX_SILENT_PINGS) cut.silent(ws);
    else if (stalledMs() > STALL_MS) cut.slow(ws);
    else if (ws.readyState === ws.OPEN) ws.ping();
  }, pingIntervalMs);
  ws.on('close', () => clearInterval(timer));
}

function toSocket(ws: WebSocket, cut: Cut): Socket & { stalledMs(): number } {
  let pending = 0;
  let movedAtMs = 0;
  return {
    stalledMs: () => (pending === 0 ? 0 : performance.now() - movedAtMs),
    send: (data) =>
      new Promise((resolve, reject) => {
        if (ws.bufferedAmount > MAX_BUFFERED_BYTES) cut.slow(ws);
        if (pending++ === 0) movedAtMs = performance.now();
        ws.send(data, (error) => {
          pending -= 1;
          movedAtMs = performance.now();
          if (error) reject(error);
          // Hundreds of watchers would keep the loop from the engine's news, and from everybody else.
          else setImmediate(resolve);
        });
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
