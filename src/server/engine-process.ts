/** Keeps one engine process warm for one device, and a fresh one after a crash: a crash costs its job, never the server. */
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, SafelightError } from '../protocol/errors.js';
import { type EngineJob, type EngineLink, type RunOptions, startEngineLink } from './engine-link.js';
import type { EngineEvent } from './engine-messages.js';
import type { Log } from './log.js';
import { DEFAULT_SILENCE, type SilenceLimits } from './silence.js';

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
  silence?: SilenceLimits;
  oomKills?: (() => number) | undefined;
  log: Log;
}

/** One more than the first. */
const MAX_TRIES = 2;
/** After these the device may be in any state, and its memory comes back only with the process. */
const SPOILS_PROCESS: ReadonlySet<ErrorCode> = new Set(['ENGINE_FAILED', 'OUT_OF_MEMORY']);

export function createEngineProcess(options: EngineProcessOptions): Engine {
  const { modelDir, device, maxModelBytes = totalmem() / 2, entry = DEFAULT_ENTRY, log } = options;
  const { silence = DEFAULT_SILENCE, oomKills } = options;
  const args = [modelDir, device, String(Math.floor(maxModelBytes))];
  const start = () => startEngineLink({ entry, args, silence, oomKills, log });
  let link = start();
  let closed = false;

  /** A job whose process crashed or hung is tried once more; pictures that were told are not told again. */
  async function* run(job: EngineJob, runOptions: RunOptions): AsyncGenerator<EngineEvent> {
    const told = new Set<number>();
    for (let tries = 1; ; tries++) {
      if (closed) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
      if (link.ended) link = start();
      const own = link;
      try {
        for await (const event of own.run(job, runOptions)) {
          if (event.type === 'image' && told.has(event.image)) continue;
          if (event.type === 'image') told.add(event.image);
          yield event;
        }
        return;
      } catch (thrown) {
        const mayTryAgain = own.crashed && tries < MAX_TRIES && !runOptions.signal.aborted && !closed;
        await replaceSpoilt(own, thrown);
        if (!mayTryAgain) throw thrown;
        log('job is tried once more', { jobId: job.jobId });
      }
    }
  }

  /** At once, so that the next job finds it warm. */
  async function replaceSpoilt(own: EngineLink, thrown: unknown): Promise<void> {
    if (closed || own !== link) return;
    const isSpoilt = thrown instanceof SafelightError && SPOILS_PROCESS.has(thrown.code);
    if (!own.ended && !isSpoilt) return;
    await own.stop();
    if (!closed) link = start();
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
