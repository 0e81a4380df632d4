/** A lost connection in words: what happens to it, and when, counted down while the UI is open. */
import { useEffect, useState } from 'react';
import { cellWidth } from '../cell-width.js';
import type { LinkState } from '../state/state.js';

const TICK_MS = 1000;

/** The same said ever shorter, the longest first. */
export type LostWords = readonly string[];

/** @param waitedMs of the time until the next try */
export function lostWords(link: Extract<LinkState, { state: 'down' }>, waitedMs: number): LostWords {
  const leftMs = link.retryMs - waitedMs;
  const when = leftMs > 0 ? `retrying in ${Math.ceil(leftMs / TICK_MS)} s` : 'retrying now';
  const lost = `connection lost, ${when}`;
  return [`${lost} (attempt ${link.attempt})`, lost, `lost, ${when}`];
}

/** The first of the choices that fits, else the last one. */
export function fitWords(words: LostWords, columns: number): string {
  return words.find((choice) => cellWidth(choice) <= columns) ?? words[words.length - 1];
}

/** For one place that is always on screen: each use counts from its own beginning. @returns undefined while the link is up */
export function useLostWords(link: LinkState): LostWords | undefined {
  const [waited, setWaited] = useState({ link, ms: 0 });
  useEffect(() => {
    if (link.state === 'up') return;
    const tick = () => setWaited((before) => ({ link, ms: (before.link === link ? before.ms : 0) + TICK_MS }));
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [link]);
  if (link.state === 'up') return undefined;
  return lostWords(link, waited.link === link ? waited.ms : 0);
}
