/** The prompt as text and caret: pure edits by user-perceived characters, so that an emoji is one step and one delete. */
import { toGraphemes } from './cell-width.js';

export interface PromptText {
  text: string;
  /** UTF-16 offset, always between two graphemes. */
  cursor: number;
}

export const EMPTY_PROMPT: PromptText = { text: '', cursor: 0 };

export function toPromptText(text: string): PromptText {
  return { text, cursor: text.length };
}

/** A prompt is one line: breaks and tabs become spaces, other control characters go. */
function toOneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*|\t/g, ' ').replace(/\p{Control}/gu, '');
}

/** All places where the caret may stand, from 0 to the end. */
function stops(text: string): number[] {
  return [...toGraphemes(text).map(({ index }) => index), text.length];
}

function stopBefore({ text, cursor }: PromptText): number {
  return stops(text).findLast((stop) => stop < cursor) ?? 0;
}

function stopAfter({ text, cursor }: PromptText): number {
  return stops(text).find((stop) => stop > cursor) ?? text.length;
}

function without({ text }: PromptText, from: number, to: number): PromptText {
  return place(text.slice(0, from) + text.slice(to), from);
}

/** Text may join its neighbours (an accent, a skin tone): the caret then moves behind the joined character. */
function place(text: string, cursor: number): PromptText {
  return { text, cursor: stops(text).find((stop) => stop >= cursor) ?? text.length };
}

export function insert({ text, cursor }: PromptText, added: string): PromptText {
  const line = toOneLine(added);
  return place(text.slice(0, cursor) + line + text.slice(cursor), cursor + line.length);
}

function wordStart({ text, cursor }: PromptText): number {
  return text.slice(0, cursor).replace(/\S*\s*$/u, '').length;
}

/** The edits that keys ask for, by their command's name. */
export const EDITS = {
  backspace: (prompt: PromptText) => without(prompt, stopBefore(prompt), prompt.cursor),
  delete: (prompt: PromptText) => without(prompt, prompt.cursor, stopAfter(prompt)),
  deleteWord: (prompt: PromptText) => without(prompt, wordStart(prompt), prompt.cursor),
  deleteToStart: (prompt: PromptText) => without(prompt, 0, prompt.cursor),
  deleteToEnd: (prompt: PromptText) => without(prompt, prompt.cursor, prompt.text.length),
  left: (prompt: PromptText): PromptText => ({ ...prompt, cursor: stopBefore(prompt) }),
  right: (prompt: PromptText): PromptText => ({ ...prompt, cursor: stopAfter(prompt) }),
  home: (prompt: PromptText): PromptText => ({ ...prompt, cursor: 0 }),
  end: (prompt: PromptText): PromptText => ({ ...prompt, cursor: prompt.text.length }),
} as const;

export type Edit = keyof typeof EDITS;

export function isEdit(command: string): command is Edit {
  return Object.hasOwn(EDITS, command);
}
