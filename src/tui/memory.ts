/** Carries between the store and what outlives the UI: earlier prompts, the month's traffic, the link's news. */
import type { PromptHistory } from '../client/prompt-history.js';
import type { State } from './state/state.js';
import type { Store } from './store.js';

export interface MemoryDeps {
  store: Store;
  history: PromptHistory | undefined;
  /** What came from this server this month; undefined = it is not counted. */
  usedBytes: (() => Promise<number>) | undefined;
  /** Hears of a file that cannot be written; the UI goes on without it. */
  note(line: string): void;
}

const USAGE_MS = 5000;

/** @returns how to stop */
export function connectMemory({ store, history, usedBytes, note }: MemoryDeps): () => void {
  const { dispatch, getState, subscribe } = store;
  const attempt = (work: Promise<void> | undefined) => void work?.catch((error) => note(String(error)));
  let known: State['history'] | undefined;

  /** What was sent before the earlier ones were read is kept behind them. */
  async function remember(): Promise<void> {
    let earlier: string[] = [];
    try {
      earlier = (await history?.list()) ?? [];
    } finally {
      const early = getState().history.entries;
      dispatch({ type: 'remembered', prompts: earlier });
      known = getState().history;
      for (const prompt of early) await history?.add(prompt);
    }
  }

  async function count(): Promise<void> {
    if (usedBytes !== undefined) dispatch({ type: 'used', bytes: await usedBytes() });
  }

  const stop = subscribe(() => {
    const now = getState().history;
    const newest = now.entries.at(-1);
    if (known !== undefined && now.entries !== known.entries && newest !== undefined) attempt(history?.add(newest));
    if (known !== undefined) known = now;
  });
  attempt(remember());
  attempt(count());
  const timer = setInterval(() => attempt(count()), USAGE_MS);
  return () => {
    clearInterval(timer);
    stop();
  };
}
