/** Earlier prompts of this session, walked with up and down; what was being typed waits at the end. */
import { type PromptText, toPromptText } from './prompt-editor.js';

export interface PromptHistory {
  /** Oldest first, no two equal neighbours. */
  entries: string[];
  /** How far back we are; 0 = at the draft. */
  back: number;
  /** What stood in the field before walking back. */
  draft: string;
}

export function addToHistory({ entries }: PromptHistory, prompt: string): PromptHistory {
  return { entries: entries.at(-1) === prompt ? entries : [...entries, prompt], back: 0, draft: '' };
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
  return { history: { entries, back, draft }, prompt: toPromptText(textAt(back)) };
}
