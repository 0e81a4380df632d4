/** Where the terminal's caret stands: in the one place that takes text, so that input methods know where to write. Pure. */
import { cellWidth } from './cell-width.js';
import { NEGATIVE_MARK } from './components/negative-line.js';
import { PROMPT_FRAME } from './components/prompt-field.js';
import { LINE_MARK } from './components/status-line.js';
import type { Layout } from './layout.js';
import { toPromptLines } from './prompt-lines.js';
import { contextOf } from './state/context.js';
import { editedOf } from './state/form-state.js';
import type { State } from './state/state.js';

export interface Caret {
  x: number;
  y: number;
}

/** @returns undefined when no text is written, or where its field shows its own mark */
export function caretOf(state: State, { kind, columns, form: box, promptRows }: Layout): Caret | undefined {
  if (contextOf(state) !== 'prompt') return undefined;
  const { focus } = state.form;
  const [prompt, negative] = [state.form.prompt.prompt, state.form.negative.prompt];
  if (kind === 'line') {
    const { caret } = toPromptLines(editedOf(state.form), Math.max(2, columns - LINE_MARK.length - 1), 1);
    return { x: Math.min(columns - 1, LINE_MARK.length + caret.column), y: 0 };
  }
  if (focus === 'negative') {
    const { caret } = toPromptLines(negative, box.columns - 4, 1);
    return { x: box.column + 1 + cellWidth(NEGATIVE_MARK) + caret.column, y: box.row + promptRows + PROMPT_FRAME.rows };
  }
  const { caret } = toPromptLines(prompt, box.columns - PROMPT_FRAME.columns, promptRows);
  return { x: box.column + PROMPT_FRAME.caretColumn + caret.column, y: box.row + PROMPT_FRAME.caretRow + caret.row };
}
