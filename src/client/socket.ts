/** EDGE: the client's only import of ws. Opens the WebSocket and tells text, bytes and the end. */
import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import { SafelightError } from '../protocol/errors.js';
import { SUBPROTOCOL } from '../protocol/messages.js';
import { reasonOf, toHeaders, toRefusal } from './http.js';

const HANDSHAKE_TIMEOUT_MS = 15_000;
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
  const ws = new WebSocket(url, SUBPROTOCOL, {
    headers: toHeaders(token),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
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
    close: () => {
      ws.close(1000);
      return closed;
    },
  };
}

async function opened(ws: WebSocket, url: string, signal: AbortSignal | undefined): Promise<void> {
  const abort = () => ws.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      // Stays attached: an error after the opening is followed by 'close', which tells it.
      ws.on('error', (cause) => {
        const words = `${new URL(url).host} does not answer: ${reasonOf(cause)}`;
        reject(new SafelightError('CONNECTION_FAILED', words, { cause }));
      });
      ws.once('unexpected-response', (_, response) => {
        readText(response).then((text) => reject(toUpgradeRefusal(response, text)), reject);
      });
    });
  } catch (error) {
    ws.terminate();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function toUpgradeRefusal({ statusCode = 0, headers }: IncomingMessage, text: string): SafelightError {
  const tunnelCode = headers['ngrok-error-code'];
  return toRefusal(statusCode, Array.isArray(tunnelCode) ? tunnelCode[0] : tunnelCode, text);
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
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
