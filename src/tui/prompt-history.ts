/** Earlier prompts of this session, walked with up and down; what was being typed waits at the end. */
import { type PromptText, toPromptText } from './prompt-editor.js';

export interface PromptHistory {
  /** Those of earlier sessions are among the entries. */
  isRead: boolean;
  /** Oldest first, no two equal neighbours. */
  entries: string[];
  /** How far back we are; 0 = at the draft. */
  back: number;
  /** What stood in the field before walking back. */
  draft: string;
}

/** @param earlier of other sessions, oldest first; those of this one stay behind them */
export function withEarlier(history: PromptHistory, earlier: readonly string[]): PromptHistory {
  const own = history.entries[0] === earlier.at(-1) ? history.entries.slice(1) : history.entries;
  return { ...history, isRead: true, entries: [...earlier, ...own] };
}

/** The entry that is shown stays the same while prompts are added; the draft still waits at the end. */
export function addToHistory(history: PromptHistory, prompt: string): PromptHistory {
  const { entries, back } = history;
  if (entries.at(-1) === prompt) return history;
  return { ...history, entries: [...entries, prompt], back: back === 0 ? 0 : back + 1 };
}

/** What stands in the field was sent: the next walk begins there. */
export function toNewest(history: PromptHistory): PromptHistory {
  return { ...history, back: 0, draft: '' };
}

/** An entry equal to what stands in the field is skipped: a first press must change something. */
export function recall(
  history: PromptHistory,
  prompt: PromptText,
  direction: 'older' | 'newer',
): { history: PromptHistory; prompt: PromptText } {
  const { entries } = history;
  const draft = history.back === 0 ? prompt.text : history.draft;
  const textAt = (back: number) => (back === 0 ? draft : entries[entries.length - back]);
  const step = direction === 'older' ? 1 : -1;
  let back = history.back + step;
  while (back > 0 && back < entries.length && textAt(back) === prompt.text) back += step;
  if (back < 0 || back > entries.length || textAt(back) === prompt.text) return { history, prompt };
  return { history: { ...history, back, draft }, prompt: toPromptText(textAt(back)) };
}
