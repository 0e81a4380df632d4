/** EDGE: the client's only import of ws. Opens the WebSocket and tells text, bytes and the end. */
import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import { SafelightError } from '../protocol/errors.js';
import { SUBPROTOCOL } from '../protocol/messages.js';
import { toNetworkError } from '../protocol/network-errors.js';
import { readRefusal, toHeaders, toRefusal } from './http.js';
import { openTunnel } from './proxy.js';

/** From the first packet to the open socket, or to the last word of a refusal. */
const OPENING_TIMEOUT_MS = 15_000;
/** To answer our close; a server that does not read must not hold us. */
const CLOSE_GRACE_MS = 1000;
/** The server pings every 20 s: two missed and some. */
const SILENCE_MS = 45_000;
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

export interface SocketHandlers {
  onText(text: string): void;
  onBytes(bytes: Uint8Array): void;
  /** How long each frame was, of either kind, whatever becomes of it. */
  onFrame(bytes: number): void;
  /** Once, whoever closed it. */
  onClose(code: number, reason: string): void;
}

export interface ClientSocket {
  send(text: string): void;
  close(): Promise<void>;
}

/** @throws SafelightError CONNECTION_FAILED, UNAUTHORIZED or what the server refused the upgrade with; the signal's reason */
export async function openSocket(
  url: string,
  token: string | undefined,
  handlers: SocketHandlers,
  signal?: AbortSignal,
): Promise<ClientSocket> {
  signal?.throwIfAborted();
  const tunnel = await openTunnel(url, signal);
  const ws = new WebSocket(url, SUBPROTOCOL, {
    ...(tunnel && { createConnection: () => tunnel }),
    headers: toHeaders(token),
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
  });
  const closed = new Promise<void>((resolve) => ws.once('close', () => resolve()));
  ws.on('message', (data, isBinary) => {
    const bytes = toBytes(data);
    handlers.onFrame(bytes.byteLength);
    if (isBinary) handlers.onBytes(bytes);
    else handlers.onText(String(data));
  });
  watchSilence(ws);
  await opened(ws, url, signal);
  ws.on('close', (code, reason) => handlers.onClose(code, String(reason)));
  return {
    send: (text) => {
      if (ws.readyState === ws.OPEN) ws.send(text);
    },
    async close() {
      ws.close(1000);
      const timer = setTimeout(() => ws.terminate(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function opened(ws: WebSocket, url: string, signal: AbortSignal | undefined): Promise<void> {
  const late = new SafelightError('CONNECTION_FAILED', `${new URL(url).host} does not answer: it takes too long`);
  const abort = () => ws.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(late), OPENING_TIMEOUT_MS);
      ws.once('open', resolve);
      // Stays attached: an error after the opening is followed by 'close', which tells it.
      ws.on('error', (cause) => reject(toNetworkError(cause, url)));
      ws.once('unexpected-response', (_, response) => {
        void readRefusal(response).then((text) => reject(toUpgradeRefusal(response, text)));
      });
    });
  } catch (error) {
    ws.terminate();
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function toUpgradeRefusal({ statusCode = 0, headers }: IncomingMessage, text: string): SafelightError {
  const ngrokCode = headers['ngrok-error-code'];
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) return toRedirection(headers.location);
  return toRefusal(statusCode, Array.isArray(ngrokCode) ? ngrokCode[0] : ngrokCode, text);
}

/** Not followed: the token was for the first address only. */
function toRedirection(location: string): SafelightError {
  const { protocol, host } = URL.canParse(location) ? new URL(location) : { protocol: '', host: '' };
  const words =
    host === '' ? 'the server sends us elsewhere' : `the server sends us to ${protocol}//${host}: use that address`;
  return new SafelightError('BAD_ANSWER', words);
}

/** A link can die without a word; then nobody else would tell. */
function watchSilence(ws: WebSocket): void {
  const timer = setTimeout(() => ws.terminate(), SILENCE_MS);
  const alive = () => void timer.refresh();
  ws.on('message', alive).on('ping', alive).on('open', alive);
  ws.once('close', () => clearTimeout(timer));
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
