/** Lets something happen at most so many times a second. */
export interface RateGate {
  /** 0 = never. */
  setRate(maxPerSecond: number): void;
  /** Milliseconds until it may happen again; Infinity when never. */
  waitMs(): number;
  /** True when it may happen now, and then counts it as done. */
  take(): boolean;
}

/** @param now milliseconds of a clock that never goes back */
export function createRateGate(now: () => number = () => performance.now()): RateGate {
  let intervalMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  const waitMs = () =>
    intervalMs === Number.POSITIVE_INFINITY ? intervalMs : Math.max(0, lastMs + intervalMs - now());
  return {
    setRate(maxPerSecond) {
      intervalMs = maxPerSecond > 0 ? 1000 / maxPerSecond : Number.POSITIVE_INFINITY;
    },
    waitMs,
    take() {
      if (waitMs() > 0) return false;
      lastMs = now();
      return true;
    },
  };
}
