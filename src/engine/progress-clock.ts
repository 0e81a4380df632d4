/** Elapsed time and what is left, from the model calls that are done: unlike steps, they all take the same time. */

export interface ProgressClock {
  /** Call after each model call. `etaMs` is for the whole job, at the mean pace so far. */
  tick(): { elapsedMs: number; etaMs: number };
  readonly elapsedMs: number;
  readonly calls: number;
}

/** @param totalCalls of all pictures of the job  @param now for tests */
export function createProgressClock(totalCalls: number, now: () => number = () => performance.now()): ProgressClock {
  const startedAt = now();
  let calls = 0;
  return {
    tick() {
      calls += 1;
      const elapsedMs = now() - startedAt;
      return { elapsedMs: Math.round(elapsedMs), etaMs: Math.round((elapsedMs / calls) * (totalCalls - calls)) };
    },
    get elapsedMs() {
      return now() - startedAt;
    },
    get calls() {
      return calls;
    },
  };
}
