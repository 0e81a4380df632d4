/** One client on one WebSocket: says hello, submits, watches, cancels. Knows no port: the socket is given. */
import { decodeClientMessage, encodeServerMessage } from '../protocol/codec.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import {
  type Capabilities,
  CLOSE_CODES,
  type ClientMessage,
  PROTOCOL_VERSION,
  type PreviewWish,
  type ServerMessage,
} from '../protocol/messages.js';
import type { Job } from './job.js';
import type { JobQueue } from './job-queue.js';
import { describeError, type Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { PreviewCache } from './preview-cache.js';
import type { PictureWish } from './preview-sender.js';
import type { Socket } from './socket.js';
import { createTokenBucket } from './token-bucket.js';
import { startWatch, type Watch } from './watch.js';

const HELLO_TIMEOUT_MS = 10_000;
/** Of messages over the limit in a row: whoever does not listen to the refusals is sent away. */
const MAX_REFUSALS = 200;

export interface ConnectionDeps {
  queue: JobQueue;
  /** Random per server life. */
  epoch: string;
  capabilities: () => Capabilities;
  previewCache: PreviewCache;
  metrics: Metrics;
  log: Log;
  messagesPerSecond: number;
  helloTimeoutMs?: number;
}

export interface Connection {
  /** The server is going away: the client may come back. */
  bye(reason: string, retryAfterMs: number): void;
}

export function openConnection(socket: Socket, deps: ConnectionDeps): Connection {
  const { queue, epoch, capabilities, previewCache, metrics, log, messagesPerSecond } = deps;
  const { helloTimeoutMs = HELLO_TIMEOUT_MS } = deps;
  const messages = createTokenBucket(messagesPerSecond, 1000);
  let refusals = 0;
  const watches = new Map<string, Watch>();
  let wish: PictureWish | undefined;
  let state: 'new' | 'greeted' | 'closed' = 'new';
  const helloTimer = setTimeout(() => close(CLOSE_CODES.helloTimeout, 'no hello'), helloTimeoutMs);

  /** A send fails only when the socket is gone, and then 'close' cleans up. */
  const tell = (message: ServerMessage) => void socket.send(encodeServerMessage(message)).catch(() => {});

  function cleanUp(): void {
    state = 'closed';
    clearTimeout(helloTimer);
    for (const watch of watches.values()) watch.stop();
    watches.clear();
  }

  function close(code: number, reason: string): void {
    cleanUp();
    socket.close(code, reason);
  }

  function refuse(thrown: unknown, jobId?: string): void {
    const error = toSafelightError(thrown);
    metrics.refused(error.code);
    if (error.code === 'INTERNAL')
      log('websocket message broke', { jobId, level: 'error', error: describeError(error) });
    tell({ type: 'error', jobId, ...error.toBody() });
  }

  function receive(data: string | Uint8Array): void {
    if (state === 'closed') return;
    const raw = typeof data === 'string' ? parseJson(data) : undefined;
    if (typeof data !== 'string' || raw === undefined) {
      refuse(new SafelightError('BAD_MESSAGE', 'clients send JSON in text frames'));
      close(CLOSE_CODES.badMessage, 'not JSON');
      return;
    }
    const message = tryDecode(data);
    if ('type' in message && message.type === 'previewAck' && watches.get(message.jobId)?.previewAck(message.seq))
      return;
    try {
      checkPace();
      if (message instanceof SafelightError) throw message;
      handle(message);
    } catch (thrown) {
      refuse(thrown, toKnownJobId(raw));
    }
  }

  /** @throws SafelightError RATE_LIMITED */
  function checkPace(): void {
    if (messages.take()) {
      refusals = 0;
      return;
    }
    if (++refusals > MAX_REFUSALS) close(CLOSE_CODES.tooManyMessages, 'too many messages');
    const retryAfterMs = messages.waitMs();
    throw new SafelightError('RATE_LIMITED', `at most ${messagesPerSecond} messages a second`, { retryAfterMs });
  }

  function handle(message: ClientMessage): void {
    if (message.type === 'hello') {
      greet(message);
      return;
    }
    if (state !== 'greeted') throw new SafelightError('BAD_MESSAGE', 'the first message must be hello');
    const { jobId } = message;
    switch (message.type) {
      case 'submit': {
        const { job } = queue.submit(jobId, message.params);
        if (!watches.has(jobId)) watch(job, 0);
        return;
      }
      case 'watch': {
        const job = queue.get(jobId);
        const { afterSeq = 0 } = message;
        // Another life of the server numbered other events.
        const isOurs = message.epoch === epoch && afterSeq <= job.seq;
        watch(job, isOurs ? afterSeq : 0);
        return;
      }
      case 'unwatch':
        unwatch(jobId);
        return;
      case 'cancel':
        queue.cancel(jobId);
        return;
      case 'ack':
        queue.acknowledge(jobId);
        return;
      case 'previewAck': // of a preview that nobody waits for any more
        return;
      default:
        message satisfies never;
    }
  }

  function greet({ protocol, preview }: Extract<ClientMessage, { type: 'hello' }>): void {
    if (protocol !== PROTOCOL_VERSION) {
      const message = `this server speaks protocol ${PROTOCOL_VERSION}, not ${protocol}; use a matching safelight version`;
      refuse(new SafelightError('UNSUPPORTED', message));
      close(CLOSE_CODES.version, 'protocol version');
      return;
    }
    wish = toPictureWish(preview);
    for (const each of watches.values()) each.refresh();
    if (state === 'greeted') return;
    state = 'greeted';
    clearTimeout(helloTimer);
    const now = capabilities();
    tell({ type: 'welcome', protocol: PROTOCOL_VERSION, server: now.server, epoch, capabilities: now });
  }

  function watch(job: Job, afterSeq: number): void {
    unwatch(job.id);
    const forget = () => {
      if (watches.get(job.id) === own) watches.delete(job.id);
    };
    const own = startWatch({
      job,
      socket,
      epoch,
      afterSeq,
      wish: () => wish,
      previewCache,
      metrics,
      log,
      onEnd: forget,
    });
    watches.set(job.id, own);
  }

  function unwatch(jobId: string): void {
    watches.get(jobId)?.stop();
    watches.delete(jobId);
  }

  socket.onMessage(receive);
  socket.onClose(cleanUp);
  return {
    bye(reason, retryAfterMs) {
      if (state === 'closed') return;
      tell({ type: 'bye', reason, retryAfterMs });
      close(CLOSE_CODES.restarting, reason);
    },
  };
}

function tryDecode(text: string): ClientMessage | SafelightError {
  try {
    return decodeClientMessage(text);
  } catch (thrown) {
    return toSafelightError(thrown);
  }
}

function toPictureWish(wish: PreviewWish | undefined): PictureWish | undefined {
  if (wish === undefined || wish.format === 'none') return undefined;
  return { ...wish, format: wish.format };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text means undefined, so it can stand for "not JSON"
  }
}

/** So that a client with many jobs knows which one was refused. */
function toKnownJobId(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw === null || !('jobId' in raw)) return undefined;
  return typeof raw.jobId === 'string' ? raw.jobId.slice(0, 100) : undefined;
}
