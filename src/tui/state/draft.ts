/**
 * The user's own draft while another picture's settings stand in the form. The draft is all of it: both prompts with their
 * undo, every parameter, and whether the seed is locked. Leaving and undo bring it back, redo returns to what it replaced. Pure.
 */
import type { TextEditor } from '../text-editor.js';
import type { FormState } from './form-state.js';

export interface DraftLinks {
  /** Another picture's settings, of which nothing was sent yet: leaving the form brings the draft back. */
  isBorrowed: boolean;
  /** What stood here before another picture's settings were taken over; undo brings it back. */
  before: FormState | undefined;
  /** What leaving or undo put aside; redo brings it back. */
  after: FormState | undefined;
}

export const OWN_DRAFT: DraftLinks = { isBorrowed: false, before: undefined, after: undefined };

/** @returns `taken` in the form's place; the form waits below it */
export function borrow(form: FormState, taken: FormState): FormState {
  // As after any other change, there is nothing left to redo in what stood here.
  const [prompt, negative] = [form.prompt, form.negative].map((editor): TextEditor => ({ ...editor, redo: [] }));
  const before = { ...form, prompt, negative, after: undefined };
  return { ...taken, field: form.field, before, isBorrowed: true };
}

/** @returns what the user had written before anything was borrowed; the same object where nothing is */
export function toOwnDraft(form: FormState): FormState {
  let draft = form;
  while (draft.isBorrowed && draft.before !== undefined) draft = draft.before;
  return draft === form ? form : { ...draft, focus: undefined, after: form };
}

/** @returns the form before the last taking over; the same object where there was none */
export function undoBorrow(form: FormState): FormState {
  return form.before === undefined ? form : { ...form.before, focus: form.focus, after: form };
}

export function redoBorrow(form: FormState): FormState {
  return form.after === undefined ? form : { ...form.after, focus: form.focus };
}

/** A fork is a detour: the draft returns. Other settings that were sent are the user's own from now on. */
export function afterSending(form: FormState): FormState {
  return form.branch === undefined ? { ...form, isBorrowed: false } : { ...toOwnDraft(form), focus: undefined };
}
