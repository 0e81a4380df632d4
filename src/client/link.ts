/** A connection that comes back: one WebSocket after another to the same server, greeted each time, until it is closed or refused. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePreview, decodeServerMessage, encodeClientMessage } from '../protocol/codec.js';
import { SafelightError, toErrorCode, toSafelightError } from '../protocol/errors.js';
import {
  type ClientMessageInput,
  isFatalClose,
  PROTOCOL_VERSION,
  type PreviewHeader,
  type PreviewWish,
  type ServerMessage,
  type WelcomeMessage,
} from '../protocol/messages.js';
import type { ServerAddress } from './address.js';
import { createBackoff } from './backoff.js';
import type { PreviewEvent } from './inbox.js';
import { type ClientSocket, openSocket } from './socket.js';

export interface LinkLoss {
  /** Until the next try; 0 = it is under way. */
  retryMs: number;
  /** Of that try; the first after a loss is 1. */
  attempt: number;
  /** Why the newest try failed, or the connection was lost. */
  reason?: string;
}

/** How the connection is. */
export type LinkNews = { state: 'up' } | ({ state: 'down' } & LinkLoss);

export interface LinkHandlers {
  /** The server greeted us, for the first time or again. */
  onUp(welcome: WelcomeMessage): void;
  /** The socket is gone, or could not be had again. */
  onDown(loss: LinkLoss): void;
  /** Everything but greetings and farewells. */
  onMessage(message: Exclude<ServerMessage, { type: 'welcome' | 'bye' }>): void;
  onPreview(preview: PreviewEvent): void;
  /** A frame of this length came. */
  onFrame(bytes: number): void;
  /** Nothing will come any more: the server does not want us, or we closed. Once. */
  onEnd(reason: SafelightError): void;
}

export interface Link {
  /** Dropped while the link is down: who needs it said says it again in `onUp`. */
  send(message: ClientMessageInput): void;
  /** Now and after each return. */
  setPreview(wish: PreviewWish): void;
  /** Does not wait for the next try; nothing while the link is up or being tried. */
  retryNow(): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  address: ServerAddress;
  preview: PreviewWish | undefined;
  /** Of the first connecting only. */
  signal: AbortSignal | undefined;
  handlers: LinkHandlers;
}

/** To say welcome, once we are let in. */
const GREETING_TIMEOUT_MS = 15_000;
/** Of the first greeting: a server that lets us in again and again and never speaks is none. */
const MAX_FIRST_TRIES = 5;

/** @throws SafelightError CONNECTION_FAILED | UNAUTHORIZED | BAD_ANSWER when the first try is not let in; later ones are repeated */
export async function openLink({ address, preview, signal, handlers }: LinkOptions): Promise<Link> {
  const clientId = randomUUID();
  const backoff = createBackoff();
  const closing = new AbortController();
  /** Ends the wait for the next try. */
  let hurry: (() => void) | undefined;
  let wish = preview;
  let socket: ClientSocket | undefined;
  let ended = false;
  /** Did the newest try get as far as a WebSocket? */
  let wasLetIn = false;

  function end(reason: SafelightError): void {
    if (ended) return;
    ended = true;
    handlers.onEnd(reason);
  }

  /** Resolves when the server has greeted us on a new socket. */
  async function connect(trySignal: AbortSignal | undefined): Promise<void> {
    const greeting = Promise.withResolvers<void>();
    greeting.promise.catch(() => {}); // awaited below, but the socket may be lost before
    let greeted = false;
    wasLetIn = false;
    const fresh = await openSocket(
      address.webSocket,
      address.token,
      {
        onText: (text) =>
          tolerate(() => {
            const message = decodeServerMessage(text);
            if (message.type === 'welcome') {
              if (!greeted) handlers.onUp(message);
              greeted = true;
              greeting.resolve();
            } else if (message.type === 'error' && !greeted) greeting.reject(toRefusal(message));
            else if (message.type !== 'bye') handlers.onMessage(message);
          }),
        onBytes: (bytes) =>
          tolerate(() => {
            const { header, payload } = decodePreview(bytes);
            if (isWhole(header, payload)) handlers.onPreview({ ...header, bytes: payload });
          }),
        onFrame: handlers.onFrame,
        onClose(code, reason) {
          socket = undefined;
          const words = reason === '' ? '' : ` (${reason})`;
          const lost = new SafelightError('CONNECTION_FAILED', `the connection to the server was lost${words}`);
          greeting.reject(lost);
          if (!greeted) return;
          if (closing.signal.aborted || isFatalClose(code)) end(lost);
          else void comeBack(lost);
        },
      },
      trySignal,
    );
    socket = fresh;
    wasLetIn = true;
    greet();
    const silent = new SafelightError('BAD_ANSWER', 'the server let us in, and does not say who it is');
    const timer = setTimeout(() => greeting.reject(silent), GREETING_TIMEOUT_MS);
    const abort = () => greeting.reject(trySignal?.reason);
    trySignal?.addEventListener('abort', abort, { once: true });
    if (trySignal?.aborted) abort();
    try {
      await greeting.promise;
      backoff.up();
    } catch (error) {
      await fresh.close();
      throw error;
    } finally {
      clearTimeout(timer);
      trySignal?.removeEventListener('abort', abort);
    }
  }

  /** A server that let us in is there: a line that was cut before it spoke is tried again. */
  async function connectFirst(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await connect(signal);
      } catch (error) {
        const isCut = wasLetIn && error instanceof SafelightError && error.code === 'CONNECTION_FAILED';
        if (!isCut || tries === MAX_FIRST_TRIES) throw error;
      }
      await sleep(backoff.next(), undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  async function comeBack(reason: SafelightError): Promise<void> {
    let last = reason;
    for (let attempt = 1; !ended; attempt++) {
      const loss = { retryMs: backoff.next(last), attempt, reason: last.message };
      handlers.onDown(loss);
      try {
        if (await isHurried(loss.retryMs)) handlers.onDown({ ...loss, retryMs: 0 });
        await connect(closing.signal);
        return;
      } catch (error) {
        if (closing.signal.aborted) return end(new SafelightError('CONNECTION_FAILED', 'the client was closed'));
        last = toSafelightError(error);
        if (!isPassing(last) && last === error) return end(last);
      }
    }
  }

  /** Waits for the next try. @returns whether it is wanted before its time */
  async function isHurried(retryMs: number): Promise<boolean> {
    const hurried = new AbortController();
    hurry = () => hurried.abort();
    try {
      await sleep(retryMs, undefined, { signal: AbortSignal.any([closing.signal, hurried.signal]) });
    } catch {
      closing.signal.throwIfAborted();
    } finally {
      hurry = undefined;
    }
    return hurried.signal.aborted;
  }

  const send = (message: ClientMessageInput) => socket?.send(encodeClientMessage(message));
  const greet = () => send({ type: 'hello', protocol: PROTOCOL_VERSION, clientId, ...(wish && { preview: wish }) });

  await connectFirst();
  return {
    send,
    setPreview(next) {
      wish = next;
      greet();
    },
    retryNow: () => hurry?.(),
    async close() {
      closing.abort();
      await socket?.close();
      end(new SafelightError('CONNECTION_FAILED', 'the client was closed'));
    },
  };
}

/** What a tunnel or a restarting server says may pass; a wrong token or version does not. */
function isPassing({ code }: SafelightError): boolean {
  return code === 'CONNECTION_FAILED' || code === 'BAD_ANSWER' || code === 'SHUTTING_DOWN' || code === 'RATE_LIMITED';
}

/** Raw pixels are drawn as they are: a picture that claims to be larger than it is would be drawn until the memory is full. */
function isWhole({ format, width, height }: PreviewHeader, { length }: Uint8Array): boolean {
  return format !== 'rgb' || (width > 0 && height > 0 && length === width * height * 3);
}

/** What a newer server may say and we do not know is passed over. */
function tolerate(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
  }
}

export function toRefusal(error: Extract<ServerMessage, { type: 'error' }>): SafelightError {
  const { code, message, issues, retryAfterMs } = error;
  return new SafelightError(toErrorCode(code, 'BAD_ANSWER'), message, { issues, retryAfterMs });
}
