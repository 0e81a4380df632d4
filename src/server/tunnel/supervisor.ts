/** Keeps a tunnel up: one process after another, each killed when it does not come up, until it is stopped or refused for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SafelightError } from '../../protocol/errors.js';
import { toTunnelWords } from '../../protocol/tunnel-errors.js';
import { createRestartPlan, type RestartPlan, type TunnelTiming } from './restart-plan.js';
import type { Tunnel, TunnelHandlers } from './tunnel.js';
import type { TunnelEnd } from './tunnel-messages.js';

/** One life of a tunnel. */
export interface TunnelProcess {
  /** Why it is over, when it is. Never rejects. */
  readonly ended: Promise<TunnelEnd>;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  launch: (onUp: (url: string) => void) => TunnelProcess;
  handlers: TunnelHandlers;
  timing: TunnelTiming;
  /** Another one in tests. */
  plan?: RestartPlan;
}

export function superviseTunnel({ launch, handlers, timing, ...options }: SupervisorOptions): Tunnel {
  const { plan = createRestartPlan(timing) } = options;
  const stopping = new AbortController();
  const first = Promise.withResolvers<{ url: string }>();
  first.promise.catch(() => {}); // nobody may wait for it
  let newest: TunnelProcess | undefined;
  let work: Promise<void> | undefined;

  function onUp(url: string): void {
    plan.up();
    handlers.onUp(url);
    first.resolve({ url });
  }

  /** One life, from its start to its end. */
  async function live(): Promise<TunnelEnd> {
    let isLate = false;
    const own = launch((url) => {
      clearTimeout(timer);
      onUp(url);
    });
    newest = own;
    const timer = setTimeout(() => {
      isLate = true;
      void own.stop();
    }, timing.startMs);
    try {
      const end = await own.ended;
      return isLate ? { text: `it did not come up within ${timing.startMs / 1000} s` } : end;
    } finally {
      clearTimeout(timer);
    }
  }

  function refuse(code: string, help: string): void {
    handlers.onFatal(code, help);
    first.reject(new SafelightError('TUNNEL_REFUSED', help));
  }

  async function keepUp(): Promise<void> {
    while (!stopping.signal.aborted) {
      const end = await live();
      if (stopping.signal.aborted) return;
      const retryMs = plan.next(end.code);
      if (end.code !== undefined && retryMs === undefined) return refuse(end.code, toWords(end));
      handlers.onDown(toWords(end), retryMs ?? timing.maxRetryMs);
      await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => {}); // stopped
    }
  }

  return {
    start() {
      work ??= keepUp();
      return first.promise;
    },
    async stop() {
      stopping.abort();
      first.reject(new SafelightError('CANCELLED', 'the tunnel was stopped'));
      await newest?.stop();
      await work;
    },
  };
}

/** What to do, and what the service itself said: it may know more of the account. */
function toWords({ code, text }: TunnelEnd): string {
  return code === undefined ? text : `${toTunnelWords(code)}; it said: ${text}`;
}
