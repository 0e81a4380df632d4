/** What a list offers, narrowed by what was typed. Pure. */
import { toWordMatcher } from '../../client/word-match.js';
import { choicesOf } from './fields.js';
import type { Overlay } from './overlay.js';
import type { State } from './state.js';

/** Every word must be somewhere; earlier prompts the newest first, and each once. */
export function toListRows(
  overlay: Extract<Overlay, { kind: 'picker' | 'search' }>,
  { capabilities, history }: Pick<State, 'capabilities' | 'history'>,
): string[] {
  const all =
    overlay.kind === 'picker'
      ? [...choicesOf(overlay.field, capabilities)]
      : [...new Set(history.entries.toReversed())];
  return all.filter(toWordMatcher(overlay.query.prompt.text));
}
