/** What a list offers, narrowed by what was typed. Pure. */
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
  const words = overlay.query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((row) => words.every((word) => row.toLowerCase().includes(word)));
}
