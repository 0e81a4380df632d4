/** Elapsed time and what is left, from the steps that are done. */

export interface ProgressClock {
  /** Call after each finished step. `etaMs` is for the whole job, at the mean pace so far. */
  tick(): { elapsedMs: number; etaMs: number };
  readonly elapsedMs: number;
  readonly steps: number;
}

/** @param totalSteps of all pictures of the job  @param now for tests */
export function createProgressClock(totalSteps: number, now: () => number = () => performance.now()): ProgressClock {
  const startedAt = now();
  let steps = 0;
  return {
    tick() {
      steps += 1;
      const elapsedMs = now() - startedAt;
      return { elapsedMs: Math.round(elapsedMs), etaMs: Math.round((elapsedMs / steps) * (totalSteps - steps)) };
    },
    get elapsedMs() {
      return now() - startedAt;
    },
    get steps() {
      return steps;
    },
  };
}
