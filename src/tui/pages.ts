/** A text that is longer than its place, page by page. */
import { useInsertionEffect } from 'react';
import type { KeyNames } from './key-help.js';
import type { Measures } from './measures.js';

export interface Page<T> {
  /** What is on it. */
  shown: readonly T[];
  /** Where it is. */
  words: string;
  /** Of all pages. */
  count: number;
}

/** @param page counts from 0; past the last one it is the last one */
export function toPage<T>(lines: readonly T[], rows: number, page: number, keys: KeyNames): Page<T> {
  const count = Math.max(1, Math.ceil(lines.length / rows));
  const at = Math.min(page, count - 1);
  const turning = [keys('moveUp', 'reading'), keys('moveDown', 'reading')].filter((key) => key !== undefined);
  const words = [`page ${at + 1} of ${count}`, turning.join(' ')].filter(Boolean).join(' · ');
  return { shown: lines.slice(at * rows, (at + 1) * rows), words, count };
}

export function usePageCount(measures: Measures, count: number): void {
  useInsertionEffect(() => {
    measures.pages = count;
  }, [measures, count]);
}
