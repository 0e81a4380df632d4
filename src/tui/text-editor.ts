/** The editor of every text field as a readline user knows it: the edits of prompt-editor.ts, and what they need a memory for. */
import { cellWidth, toGraphemes } from './cell-width.js';
import { EDITS, type Edit, EMPTY_PROMPT, insertLines, type PromptText, toOneLine } from './prompt-editor.js';
import { lineStarts } from './prompt-lines.js';

export interface TextEditor {
  prompt: PromptText;
  /** Newest last. */
  undo: PromptText[];
  redo: PromptText[];
  /** What was cut last: by one key, or by several in a row. */
  killed: string;
  /** Cells from a line's start at which up and down aim, as long as nothing else is pressed. */
  goal: number | undefined;
  /** What the last action did, for those that count as one with the next of their kind. */
  run: 'type' | 'erase' | 'kill' | undefined;
}

export type TextAction =
  /** Typed; a line break as `\n`. */
  | { type: 'type' | 'paste'; text: string }
  /** All of it, as an editor or the history gives it. */
  | { type: 'replace'; text: string }
  | { type: 'edit'; edit: Edit }
  /** Between lines as they are on the screen, wrapped at this width. */
  | { type: 'up' | 'down'; columns: number }
  | { type: 'yank' | 'undo' | 'redo' };

/** Edits that keep what they take away, and on which side of the caret it was. */
const KILLS: Partial<Record<Edit, 'before' | 'after'>> = {
  deleteWord: 'before',
  deleteToStart: 'before',
  deleteWordRight: 'after',
  deleteToEnd: 'after',
};
const MAX_UNDO = 200;

export function createTextEditor(text = ''): TextEditor {
  const prompt = insertLines(EMPTY_PROMPT, text);
  return { prompt, undo: [], redo: [], killed: '', goal: undefined, run: undefined };
}

/** @returns the same object when there was nothing to do: `up` on the first line, `undo` at the beginning */
export function reduceText(editor: TextEditor, action: TextAction): TextEditor {
  const { prompt, killed } = editor;
  switch (action.type) {
    case 'type':
      return change(editor, insertLines(prompt, action.text), 'type', !/^\s/.test(action.text));
    case 'paste':
      return change(editor, insertLines(prompt, action.text));
    case 'replace':
      return change(editor, insertLines(EMPTY_PROMPT, action.text));
    case 'yank':
      return change(editor, insertLines(prompt, killed));
    case 'edit':
      return edit(editor, action.edit);
    case 'up':
      return moveLine(editor, -1, action.columns);
    case 'down':
      return moveLine(editor, 1, action.columns);
    case 'undo':
      return goBack(editor);
    case 'redo':
      return goForth(editor);
    default:
      return action satisfies never;
  }
}

/** As `reduceText`, for a field of one line: breaks become spaces, and those around a pasted text go. */
export function reduceLine(editor: TextEditor, action: TextAction): TextEditor {
  if (!('text' in action)) return reduceText(editor, action);
  const text = action.type === 'paste' ? action.text.replace(/^\s*[\r\n]\s*|\s*[\r\n]\s*$/g, '') : action.text;
  return reduceText(editor, { ...action, text: toOneLine(text) });
}

/** @param joins the step before it, when that was of the same run: undone together */
function change(editor: TextEditor, prompt: PromptText, run?: TextEditor['run'], joins = false): TextEditor {
  if (prompt.text === editor.prompt.text) return move(editor, prompt);
  const isOneStep = joins && run === editor.run;
  const undo = isOneStep ? editor.undo : [...editor.undo, editor.prompt].slice(-MAX_UNDO);
  return { ...editor, prompt, undo, redo: [], goal: undefined, run };
}

function move(editor: TextEditor, prompt: PromptText): TextEditor {
  const isSame = prompt.text === editor.prompt.text && prompt.cursor === editor.prompt.cursor;
  return isSame ? editor : { ...editor, prompt, goal: undefined, run: undefined };
}

function edit(editor: TextEditor, name: Edit): TextEditor {
  const prompt = EDITS[name](editor.prompt);
  const side = KILLS[name];
  if (side === undefined) return change(editor, prompt, 'erase', true);
  const cut = cutOf(editor.prompt, prompt, side);
  if (cut === '') return editor;
  const before = editor.run === 'kill' ? editor.killed : '';
  return { ...change(editor, prompt, 'kill'), killed: side === 'before' ? cut + before : before + cut };
}

function cutOf({ text, cursor }: PromptText, after: PromptText, side: 'before' | 'after'): string {
  const length = text.length - after.text.length;
  return side === 'before' ? text.slice(cursor - length, cursor) : text.slice(cursor, cursor + length);
}

function goBack(editor: TextEditor): TextEditor {
  const prompt = editor.undo.at(-1);
  if (prompt === undefined) return editor;
  const [undo, redo] = [editor.undo.slice(0, -1), [...editor.redo, editor.prompt]];
  return { ...editor, prompt, undo, redo, goal: undefined, run: undefined };
}

function goForth(editor: TextEditor): TextEditor {
  const prompt = editor.redo.at(-1);
  if (prompt === undefined) return editor;
  const [undo, redo] = [[...editor.undo, editor.prompt], editor.redo.slice(0, -1)];
  return { ...editor, prompt, undo, redo, goal: undefined, run: undefined };
}

function moveLine(editor: TextEditor, step: 1 | -1, columns: number): TextEditor {
  const { text, cursor } = editor.prompt;
  const starts = lineStarts(text, columns);
  const line = starts.findLastIndex((start) => start <= cursor);
  const [start, end] = [starts[line + step], starts[line + step + 1]];
  if (start === undefined) return editor;
  const goal = editor.goal ?? Math.min(columns, cellWidth(text.slice(starts[line], cursor)));
  return {
    ...editor,
    prompt: { text, cursor: start + stopAt(text.slice(start, end), goal, end === undefined) },
    goal,
    run: undefined,
  };
}

/** The last place in a line at or left of the goal. Behind its last character is a place only in the last line, else it is the next line's. */
function stopAt(line: string, goal: number, isLast: boolean): number {
  const stops = toGraphemes(line).map(({ index }) => index);
  if (isLast) stops.push(line.length);
  return stops.findLast((stop) => cellWidth(line.slice(0, stop)) <= goal) ?? 0;
}
