/** Shows what the wildcards of the prompts stand for before they are sent, and keeps that until they are. */
import { randomSeed } from '../client/random-seed.js';
import { expandPrompts, hasWildcards, type Wildcards } from '../client/wildcards.js';
import { messageOf } from './jobs.js';
import { type FormState, promptsOf } from './state/form-state.js';
import type { Expansion } from './state/state.js';
import type { Store } from './store.js';

/** While somebody types. */
const PAUSE_MS = 100;

/** What an expansion depends on: the words, and a seed that was chosen. */
export function expansionKey(form: FormState): string {
  return JSON.stringify([promptsOf(form), form.values.seed]);
}

/** Marks that are read and not sent: of wildcards, and of what would be one. */
export function needsExpansion(form: FormState): boolean {
  return promptsOf(form).some((text) => /[{}|\\]|__/.test(text));
}

/** From the seed that the form says, or from one that the picture then gets. Never rejects. */
export async function expandForm(form: FormState, readList: Wildcards['readList']): Promise<Expansion> {
  const seed = form.values.seed ?? randomSeed();
  const [prompt, negativePrompt] = promptsOf(form);
  const base = { key: expansionKey(form), seed };
  try {
    const expanded = await expandPrompts({ prompt, negativePrompt, seed }, readList);
    return { ...base, texts: [expanded.prompt, expanded.negativePrompt], trouble: undefined };
  } catch (thrown) {
    return { ...base, texts: [prompt, negativePrompt], trouble: messageOf(thrown) };
  }
}

/** @returns how to stop */
export function watchWildcards(store: Store, readList: Wildcards['readList']): () => void {
  let timer: NodeJS.Timeout | undefined;
  /** What is being looked up, or was found to need no look. */
  let pending: string | undefined;

  async function expand(): Promise<void> {
    const expansion = await expandForm(store.getState().form, readList);
    if (pending !== expansion.key) return; // typed on meanwhile
    pending = undefined;
    store.dispatch({ type: 'expanded', expansion });
  }

  function look(): void {
    const { form, expansion } = store.getState();
    const key = expansionKey(form);
    if (expansion?.key === key || pending === key) return;
    pending = key;
    clearTimeout(timer);
    if (promptsOf(form).some(hasWildcards)) timer = setTimeout(() => void expand(), PAUSE_MS);
  }

  const stop = store.subscribe(look);
  look();
  return () => {
    clearTimeout(timer);
    stop();
  };
}
