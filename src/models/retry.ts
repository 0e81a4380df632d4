/** When to try again: a link that was lost or a busy hub, a few times, each after a longer wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SafelightError } from '../protocol/errors.js';

export const RETRY_DELAYS_MS: readonly number[] = [1000, 3000, 10_000, 30_000];

export interface RetryOptions {
  retryDelaysMs: readonly number[];
  signal?: AbortSignal;
}

/** @returns how long to wait after the n-th failure in a row  @throws the error, when trying again would not help */
export function delayAfter(error: unknown, failures: number, retryDelaysMs: readonly number[]): number {
  const isTransient =
    error instanceof SafelightError && (error.code === 'CONNECTION_FAILED' || error.code === 'RATE_LIMITED');
  const delayMs = retryDelaysMs[failures - 1];
  if (!isTransient || delayMs === undefined) throw error;
  return delayMs;
}

/** @throws what `work` threw last; the signal's reason */
export async function retry<T>(work: () => Promise<T>, { retryDelaysMs, signal }: RetryOptions): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      await sleep(delayAfter(error, failures, retryDelaysMs), undefined, { signal });
    }
  }
}
