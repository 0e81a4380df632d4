/** EDGE: the only import of @hono/node-server. One HTTP server on one address, from listening to the last closed socket. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import { createConnectionLimit } from './connection-limit.js';
import { toErrorResponse } from './http-error.js';

const HEADERS_TIMEOUT_MS = 10_000;
/** To send the request, not to get the answer: 40 MB over a slow line. */
const REQUEST_TIMEOUT_MS = 300_000;
/** How late a timeout may be noticed. */
const TIMEOUT_CHECK_MS = 5000;
/** An answer of which nothing is taken for so long is not read. */
const UNREAD_TIMEOUT_MS = 30_000;
/** Whoever has not gone by then is cut. */
const CLOSE_GRACE_MS = 2000;
const SWEEP_INTERVAL_MS = 20;

/** What @hono/node-server tells of a request's connection. */
interface Exchange {
  incoming: { socket: Socket };
  outgoing: { once(event: 'close', listener: () => void): unknown };
}

/** What a request may tell its connection. */
export interface Caller {
  /** The sender showed the token: its connection keeps its place. */
  trust(): void;
}

export interface HttpListenerOptions {
  maxConnections: number;
  /** One connection too many was cut. */
  onDrop: () => void;
  fetch: (request: Request, caller: Caller) => Response | Promise<Response>;
  onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer, caller: Caller) => void;
  unreadTimeoutMs?: number;
}

export interface HttpListener {
  /** @param port 0 = any free one. @returns the port. @throws SafelightError INVALID_PARAMS when it cannot be had */
  listen(host: string, port: number): Promise<number>;
  /** Answers that are on their way still go out. @param cutUpgraded ends the sockets that were given to `onUpgrade` */
  close(cutUpgraded: () => void): Promise<void>;
}

export function createHttpListener(options: HttpListenerOptions): HttpListener {
  const { fetch, onUpgrade, maxConnections, onDrop, unreadTimeoutMs = UNREAD_TIMEOUT_MS } = options;
  const places = createConnectionLimit(maxConnections, onDrop);
  const callerOn = (socket: Duplex): Caller => ({ trust: () => places.trust(socket) });
  /** Of the newest request on each connection: it is answered, or the connection is gone. */
  const turns = new WeakMap<Socket, Promise<void>>();
  const answer = async (request: Request, { incoming: { socket }, outgoing }: Exchange) => {
    const before = turns.get(socket);
    turns.set(socket, new Promise<void>((resolve) => outgoing.once('close', resolve)));
    // Five hundred requests fit into one packet, and each may ask for a large picture: one after the other.
    await before;
    if (socket.destroyed) return new Response(null);
    socket.setTimeout(0);
    const response = await fetch(request, callerOn(socket));
    // From here on it is only written; node takes the timeout back when it has been, or with the next request.
    socket.setTimeout(unreadTimeoutMs);
    return response;
  };
  const settings = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // Offers of HTTP/2, as curl and Java make them, are passed over. (node knows this from 22.21 on, its types do not.)
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  };
  const http = createServer(
    settings,
    getRequestListener(answer, { overrideGlobalObjects: false, errorHandler: toUnreadableResponse }),
  );
  /** Connected, but nothing asked yet: clients keep such sockets at hand, and node does not count them as idle. */
  const silent = new Set<Socket>();
  http.on('connection', (socket) => {
    places.enter(socket);
    silent.add(socket);
    socket.once('data', () => silent.delete(socket)).once('close', () => silent.delete(socket));
  });
  http.on('upgrade', (request, stream, head) => onUpgrade(request, stream, head, callerOn(stream)));

  function dropIdle(): void {
    http.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  }

  return {
    async listen(host, port) {
      try {
        http.listen(port, host);
        await once(http, 'listening');
      } catch (cause) {
        throw new SafelightError('INVALID_PARAMS', `cannot listen on ${host}:${port}: ${toReason(cause)}`, { cause });
      }
      return (http.address() as AddressInfo).port;
    },
    async close(cutUpgraded) {
      const closed = once(http, 'close');
      http.close();
      // A connection becomes idle when its answer has gone out, so this has to be looked at again.
      const sweeper = setInterval(dropIdle, SWEEP_INTERVAL_MS);
      const cutter = setTimeout(() => {
        cutUpgraded();
        http.closeAllConnections();
      }, CLOSE_GRACE_MS);
      try {
        await closed;
      } finally {
        clearInterval(sweeper);
        clearTimeout(cutter);
      }
    },
  };
}

/** For a request whose address or Host is none: it never gets as far as the routes. */
function toUnreadableResponse(thrown: unknown): Response {
  const isTheirs = thrown instanceof RequestError;
  return toErrorResponse(
    isTheirs ? new SafelightError('BAD_MESSAGE', 'the address of this request is none') : toSafelightError(thrown),
  );
}

function toReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : error;
  return code === 'EADDRINUSE' ? 'something else is using it; choose another port' : String(code);
}
