/** When a lost link is tried again, counted down while somebody looks. */
import { useEffect, useState } from 'react';
import type { LinkState } from '../state/state.js';

const TICK_MS = 1000;

/** @returns `again in 3 s`, then `trying again`; undefined while the link is up */
export function useRetryWords(link: LinkState): string | undefined {
  const [waited, setWaited] = useState({ link, ms: 0 });
  useEffect(() => {
    if (link.state === 'up') return;
    const tick = () => setWaited((before) => ({ link, ms: (before.link === link ? before.ms : 0) + TICK_MS }));
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [link]);
  if (link.state === 'up') return undefined;
  const leftMs = link.retryMs - (waited.link === link ? waited.ms : 0);
  return leftMs > 0 ? `again in ${Math.ceil(leftMs / TICK_MS)} s` : 'trying again';
}
