/** Keeps one engine process warm for one device, and a fresh one after a crash: a crash costs its job, never the server. */
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SafelightError } from '../protocol/errors.js';
import { type EngineJob, type RunOptions, startEngineLink } from './engine-link.js';
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
  run(job: EngineJob, options: RunOptions): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}

export interface EngineProcessOptions {
  /** Opened at once, so that the first job finds it warm. */
  modelDir: string;
  device: string;
  /** Memory for open models, in bytes; half of the machine's when left out. */
  maxModelBytes?: number;
  /** The child's script; another one in tests. */
  entry?: string;
  log: Log;
}

export function createEngineProcess(options: EngineProcessOptions): Engine {
  const { modelDir, device, maxModelBytes = totalmem() / 2, entry = DEFAULT_ENTRY, log } = options;
  const start = () => startEngineLink(entry, [modelDir, device, String(Math.floor(maxModelBytes))], log);
  let link = start();
  let closed = false;

  async function* run(job: EngineJob, runOptions: RunOptions): AsyncGenerator<EngineEvent> {
    if (closed) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
    if (link.ended) link = start();
    const own = link;
    try {
      yield* own.run(job, runOptions);
    } finally {
      // Replaced at once, so that the next job finds it warm.
      if (own.ended && own === link && !closed) link = start();
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
