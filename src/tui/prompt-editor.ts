/**
 * The prompt as text and caret: pure edits by user-perceived characters, so that an emoji is one step and one delete. What needs
 * a memory (undo, yank, lines on the screen) is in text-editor.ts.
 */
import { toGraphemes } from './cell-width.js';

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

export interface PromptText {
  text: string;
  /** UTF-16 offset, always between two graphemes. */
  cursor: number;
}

export const EMPTY_PROMPT: PromptText = { text: '', cursor: 0 };

export function toPromptText(text: string): PromptText {
  return { text, cursor: text.length };
}

/** Breaks and tabs become spaces, other control characters go. */
export function toOneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*|\t/g, ' ').replace(/\p{Control}/gu, '');
}

/** Breaks stay, each as one `\n`. */
function toLines(text: string): string {
  const breaks = text.replace(/\r\n?|[\u2028\u2029]/g, '\n');
  return breaks.replaceAll('\t', ' ').replace(/(?!\n)\p{Control}/gu, '');
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

export function insert(prompt: PromptText, added: string): PromptText {
  return insertClean(prompt, toOneLine(added));
}

export function insertLines(prompt: PromptText, added: string): PromptText {
  return insertClean(prompt, toLines(added));
}

function insertClean({ text, cursor }: PromptText, added: string): PromptText {
  return place(text.slice(0, cursor) + added + text.slice(cursor), cursor + added.length);
}

/** Of what shells call a word: anything between spaces. */
function spacedWordStart({ text, cursor }: PromptText): number {
  return text.slice(0, cursor).replace(/\S*\s*$/u, '').length;
}

/** Words of letters, in any language: `[start, end)`. */
function wordsOf(text: string): [number, number][] {
  const segments = Array.from(words.segment(text)).filter(({ isWordLike }) => isWordLike);
  return segments.map(({ segment, index }) => [index, index + segment.length]);
}

function wordStart({ text, cursor }: PromptText): number {
  return wordsOf(text).findLast(([start]) => start < cursor)?.[0] ?? 0;
}

function wordEnd({ text, cursor }: PromptText): number {
  return wordsOf(text).find(([, end]) => end > cursor)?.[1] ?? text.length;
}

function lineStart({ text, cursor }: PromptText): number {
  return text.slice(0, cursor).lastIndexOf('\n') + 1;
}

function lineEnd({ text, cursor }: PromptText): number {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
}

/** At a line's start there is only the break before it to take, at its end the one behind it. */
function withoutLineStart(prompt: PromptText): PromptText {
  const start = lineStart(prompt);
  return without(prompt, start === prompt.cursor ? Math.max(0, start - 1) : start, prompt.cursor);
}

function withoutLineEnd(prompt: PromptText): PromptText {
  const end = lineEnd(prompt);
  return without(prompt, prompt.cursor, end === prompt.cursor ? end + 1 : end);
}

/** The edits that keys ask for, by their command's name. */
export const EDITS = {
  backspace: (prompt: PromptText) => without(prompt, stopBefore(prompt), prompt.cursor),
  delete: (prompt: PromptText) => without(prompt, prompt.cursor, stopAfter(prompt)),
  deleteWord: (prompt: PromptText) => without(prompt, spacedWordStart(prompt), prompt.cursor),
  deleteWordRight: (prompt: PromptText) => without(prompt, prompt.cursor, wordEnd(prompt)),
  deleteToStart: withoutLineStart,
  deleteToEnd: withoutLineEnd,
  left: (prompt: PromptText): PromptText => ({ ...prompt, cursor: stopBefore(prompt) }),
  right: (prompt: PromptText): PromptText => ({ ...prompt, cursor: stopAfter(prompt) }),
  wordLeft: (prompt: PromptText) => place(prompt.text, wordStart(prompt)),
  wordRight: (prompt: PromptText) => place(prompt.text, wordEnd(prompt)),
  home: (prompt: PromptText): PromptText => ({ ...prompt, cursor: lineStart(prompt) }),
  end: (prompt: PromptText): PromptText => ({ ...prompt, cursor: lineEnd(prompt) }),
} as const;

export type Edit = keyof typeof EDITS;

export function isEdit(command: string): command is Edit {
  return Object.hasOwn(EDITS, command);
}
