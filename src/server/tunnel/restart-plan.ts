/** When a tunnel that is down is tried again, or that it is not. */
import { SLOW_RETRY_MS, tunnelErrorOf } from '../../protocol/tunnel-errors.js';

export interface TunnelTiming {
  /** To come up; ngrok's library itself waits for ever. */
  startMs: number;
  /** Before the first new try; doubled with each that fails. */
  firstRetryMs: number;
  maxRetryMs: number;
  /** Where more tries would not help. */
  slowRetryMs: number;
  /** How long the old session may keep the address, before somebody else is thought to have it. */
  takenMs: number;
  /** Between two beats of ngrok's session; two missed ones end it. */
  heartbeatSeconds: number;
  /** How long cloudflared may mend its own connection. */
  lostMs: number;
}

export const DEFAULT_TIMING: TunnelTiming = {
  startMs: 15_000,
  firstRetryMs: 250,
  maxRetryMs: 5000,
  slowRetryMs: SLOW_RETRY_MS,
  takenMs: 60_000,
  heartbeatSeconds: 10,
  lostMs: 60_000,
};

/** ngrok's service has not noticed yet that the last session is gone; or another server has the address. */
const DOMAIN_TAKEN = 'ERR_NGROK_334';

export interface RestartPlan {
  /** Call when the tunnel is up. */
  up(): void;
  /** Call when it is down. @returns milliseconds to wait; undefined = it is over */
  next(code: string | undefined): number | undefined;
}

export function createRestartPlan(
  { firstRetryMs, maxRetryMs, slowRetryMs, takenMs }: TunnelTiming,
  now: () => number = () => performance.now(),
  random: () => number = Math.random,
): RestartPlan {
  let limitMs = firstRetryMs;
  let takenSinceMs: number | undefined;

  function isTakenForLong(code: string | undefined): boolean {
    takenSinceMs = code === DOMAIN_TAKEN ? (takenSinceMs ?? now()) : undefined;
    return takenSinceMs !== undefined && now() - takenSinceMs >= takenMs;
  }

  return {
    up() {
      limitMs = firstRetryMs;
      takenSinceMs = undefined;
    },
    next(code) {
      const { retry } = code === undefined ? { retry: 'yes' } : tunnelErrorOf(code);
      if (retry === 'no') return undefined;
      if (isTakenForLong(code) || retry === 'slowly') return slowRetryMs;
      // A gateway that is taken out of service sends everybody away at once: not all should come back at once.
      const waitMs = limitMs * (1 - random() / 2);
      limitMs = Math.min(limitMs * 2, maxRetryMs);
      return waitMs;
    },
  };
}
