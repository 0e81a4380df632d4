/** How long to wait before the next try to reach a server: doubling, with full jitter, so that many clients do not return at once. */

const FIRST_MS = 250;
const MAX_MS = 5000;
/** A link that held this long was a good one: the next loss starts over. */
const HEALTHY_MS = 30_000;

export interface Backoff {
  /** Call when the link is up. */
  up(): void;
  /** Call when it is lost or could not be had. @returns milliseconds to wait */
  next(): number;
}

export function createBackoff(
  now: () => number = () => performance.now(),
  random: () => number = Math.random,
): Backoff {
  let limitMs = FIRST_MS;
  let upSince: number | undefined;
  return {
    up() {
      upSince = now();
    },
    next() {
      if (upSince !== undefined && now() - upSince >= HEALTHY_MS) limitMs = FIRST_MS;
      upSince = undefined;
      const waitMs = random() * limitMs;
      limitMs = Math.min(limitMs * 2, MAX_MS);
      return waitMs;
    },
  };
}
