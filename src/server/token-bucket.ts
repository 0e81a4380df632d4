/** Lets so many things happen in a time, all at once or spread out (token bucket). */
export interface TokenBucket {
  /** True when one more may happen, and then counts it. */
  take(): boolean;
  /** Milliseconds until one more may happen; 0 = now. */
  waitMs(): number;
}

/** @param now milliseconds of a clock that never goes back */
export function createTokenBucket(
  capacity: number,
  perMs: number,
  now: () => number = () => performance.now(),
): TokenBucket {
  let tokens = capacity;
  let filledAtMs = now();
  const fill = () => {
    const nowMs = now();
    if (capacity !== Number.POSITIVE_INFINITY)
      tokens = Math.min(capacity, tokens + ((nowMs - filledAtMs) * capacity) / perMs);
    filledAtMs = nowMs;
  };
  return {
    take() {
      fill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    waitMs() {
      fill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * perMs) / capacity);
    },
  };
}
