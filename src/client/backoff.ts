/** How long to wait before the next try to reach a server: doubling, with full jitter, so that many clients do not return at once. */
import { SafelightError } from '../protocol/errors.js';

const FIRST_MS = 250;
const MAX_MS = 5000;
/** A link that held this long was a good one: the next loss starts over. */
const HEALTHY_MS = 30_000;
/** A server may ask for any time; a timer of more than 24 days would end at once, again and again. */
const MAX_ASKED_MS = 600_000;

export interface Backoff {
  /** Call when the link is up. */
  up(): void;
  /** Call when it is lost or could not be had. @param error may say when to come again  @returns milliseconds to wait */
  next(error?: unknown): number;
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
    next(error) {
      if (upSince !== undefined && now() - upSince >= HEALTHY_MS) limitMs = FIRST_MS;
      upSince = undefined;
      const waitMs = random() * limitMs;
      limitMs = Math.min(limitMs * 2, MAX_MS);
      const askedMs = error instanceof SafelightError ? error.retryAfterMs : undefined;
      // Jitter here, too: all clients of an address hear the same.
      return askedMs === undefined ? waitMs : Math.min(Math.max(0, askedMs), MAX_ASKED_MS) + waitMs;
    },
  };
}
