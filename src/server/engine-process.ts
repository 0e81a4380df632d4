/** Keeps one engine process warm for one device, and a fresh one after a crash: a crash costs its job, never the server. */
import { fileURLToPath } from 'node:url';
import type { ResolvedParams } from '../engine/request.js';
import { SafelightError } from '../protocol/errors.js';
import { createChannel } from './channel.js';
import { type EngineLink, type RunOptions, startEngineLink } from './engine-link.js';
import type { EngineEvent } from './engine-messages.js';
import type { Log } from './log.js';

const DEFAULT_ENTRY = fileURLToPath(new URL('./engine-child.js', import.meta.url));

/** What the queue needs of an engine; one job at a time. */
export interface Engine {
  readonly device: string;
  /**
   * @throws `signal.reason` when cancelled; SafelightError ENGINE_FAILED | OUT_OF_MEMORY | MODEL_INVALID and what the
   * engine refused
   */
  run(jobId: string, params: ResolvedParams, options: RunOptions): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}

export interface EngineProcessOptions {
  modelDir: string;
  device: string;
  /** The child's script; another one in tests. */
  entry?: string;
  log: Log;
}

export function createEngineProcess({ modelDir, device, entry = DEFAULT_ENTRY, log }: EngineProcessOptions): Engine {
  const start = () => startEngineLink(entry, modelDir, device, log);
  let link = start();
  let closed = false;

  async function* run(jobId: string, params: ResolvedParams, options: RunOptions): AsyncGenerator<EngineEvent> {
    if (closed) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
    if (link.state === 'ended') link = start();
    const own = link;
    yield* waitUntilReady(own, options.signal);
    try {
      yield* own.run(jobId, params, options);
    } finally {
      // Replaced at once, so that the next job finds it warm. One that cannot even load waits for the next job instead.
      if (own.state === 'ended' && own === link && !closed) link = start();
    }
  }

  return {
    device,
    run,
    async close() {
      closed = true;
      await link.stop();
    },
  };
}

/** Tells how the loading goes while a job waits for it; says nothing when the model is open already. */
async function* waitUntilReady(link: EngineLink, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  signal.throwIfAborted();
  if (link.state === 'ready') return;
  const news = createChannel<EngineEvent>();
  const tell = () => news.push({ type: 'stage', name: 'load', fraction: link.loaded });
  const abort = () => news.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  link.onLoading(tell);
  link.ready.then(news.end, news.fail);
  try {
    tell();
    yield* news;
  } finally {
    signal.removeEventListener('abort', abort);
    link.onLoading(() => {});
  }
}
