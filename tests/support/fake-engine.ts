/** An engine without a model: a real async generator whose steps happen when the test allows them. */
import { createHash } from 'node:crypto';
import { toSeeds } from '../../src/engine/request.js';
import type { EngineJob, RunOptions } from '../../src/server/engine-link.js';
import type { EngineEvent } from '../../src/server/engine-messages.js';
import type { Engine } from '../../src/server/engine-process.js';

export interface FakeEngine extends Engine {
  /** Lets this many more steps happen, over all jobs to come. */
  allow(steps: number): void;
  /** The job that runs breaks with this before its next step. */
  breakWith(error: Error): void;
  /** Ids of the jobs that were run, in order. */
  readonly runs: string[];
  /** Folders of their models. */
  readonly models: string[];
  /** What `previews()` said at each step. */
  readonly previewRates: number[];
  readonly closed: boolean;
}

/** The bytes of the fake picture n of a job. */
export function fakeBytes(jobId: string, n: number): Uint8Array {
  return new TextEncoder().encode(`picture ${n} of ${jobId}, long enough to be asked for in two ranges`);
}

/** @param steps allowed from the beginning; Infinity = it never waits  @param notes of every job */
export function createFakeEngine(steps = 0, notes?: string[]): FakeEngine {
  let allowed = steps;
  let broken: Error | undefined;
  let closed = false;
  let wake = () => {};
  const runs: string[] = [];
  const models: string[] = [];
  const previewRates: number[] = [];

  async function takeStep(signal: AbortSignal): Promise<void> {
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort, { once: true });
    while (allowed <= 0 && !signal.aborted && broken === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    signal.removeEventListener('abort', onAbort);
    signal.throwIfAborted();
    const error = broken;
    broken = undefined;
    if (error !== undefined) throw error;
    allowed -= 1;
  }

  async function* run(
    { jobId, modelDir, params }: EngineJob,
    { signal, previews }: RunOptions,
  ): AsyncGenerator<EngineEvent> {
    runs.push(jobId);
    models.push(modelDir);
    yield { type: 'stage', name: 'encode', ...(notes && { notes }) };
    for (const [image, seed] of toSeeds(params).entries()) {
      for (let step = 1; step <= params.steps; step++) {
        await takeStep(signal);
        yield { type: 'progress', image, step, steps: params.steps, elapsedMs: step, etaMs: params.steps - step };
        previewRates.push(previews());
        const picture = { width: 2, height: 1, pixels: new Uint8Array(6).fill(step) };
        if (previews() > 0) yield { type: 'preview', image, step, picture, costMs: 1 };
      }
      const bytes = fakeBytes(jobId, image);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const { width, height, format } = params;
      yield { type: 'image', image, seed, width, height, format, sha256, bytes };
    }
  }

  return {
    device: 'fake',
    run,
    async close() {
      closed = true;
    },
    allow(more) {
      allowed += more;
      wake();
    },
    breakWith(error) {
      broken = error;
      wake();
    },
    runs,
    models,
    previewRates,
    get closed() {
      return closed;
    },
  };
}
