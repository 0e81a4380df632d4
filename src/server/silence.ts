/** How long an engine may say nothing: the longer its steps take, the longer it may think. */
import type { EngineEvent } from './engine-messages.js';

export interface SilenceLimits {
  /** Before the first step: models are opened, kernels are compiled. */
  firstMs: number;
  /** Later, however quick the steps are. */
  minMs: number;
  /** Later, of the longest step so far: decoding a picture takes as long as many steps. */
  factor: number;
}

export const DEFAULT_SILENCE: SilenceLimits = { firstMs: 10 * 60_000, minMs: 60_000, factor: 30 };

export interface SilenceWatch {
  heard(event: EngineEvent): void;
  /** From the newest event on. */
  allowedMs(): number;
}

/** For one job. @param now milliseconds of a clock that never goes back */
export function createSilenceWatch(
  { firstMs, minMs, factor }: SilenceLimits,
  now: () => number = () => performance.now(),
): SilenceWatch {
  let heardAtMs = now();
  let longestMs = 0;
  let isStepping = false;
  return {
    heard({ type }) {
      if (type === 'progress') longestMs = Math.max(longestMs, now() - heardAtMs);
      isStepping ||= type === 'progress';
      heardAtMs = now();
    },
    allowedMs: () => (isStepping ? Math.max(minMs, factor * longestMs) : firstMs),
  };
}
