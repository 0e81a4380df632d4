/** The one table of commands and their keys: what a key does, and every help text, is read from it. */
import type { Key } from 'ink';
import { type Edit, isEdit } from './prompt-editor.js';

/** In the prompt letters are text; outside it they are commands. */
export type KeyContext = 'prompt' | 'commands';

export type Command =
  | Edit
  | 'generate'
  | 'older'
  | 'newer'
  | 'leave'
  | 'interrupt'
  | 'again'
  | 'newSeed'
  | 'edit'
  | 'cancel'
  | 'help'
  | 'quit';

export interface KeyBinding {
  command: Command;
  contexts: readonly KeyContext[];
  keys: readonly string[];
  /** Left out for keys that everybody knows. */
  help?: string;
}

export const KEY_BINDINGS: readonly KeyBinding[] = [
  { command: 'generate', contexts: ['prompt'], keys: ['enter'], help: 'generate' },
  { command: 'older', contexts: ['prompt'], keys: ['up'], help: 'earlier prompt' },
  { command: 'newer', contexts: ['prompt'], keys: ['down'], help: 'later prompt' },
  { command: 'leave', contexts: ['prompt'], keys: ['esc'], help: 'leave the prompt' },
  { command: 'again', contexts: ['commands'], keys: ['r'], help: 'same again' },
  { command: 'newSeed', contexts: ['commands'], keys: ['R'], help: 'new seed' },
  { command: 'edit', contexts: ['commands'], keys: ['e'], help: 'edit' },
  { command: 'cancel', contexts: ['commands'], keys: ['x'], help: 'cancel' },
  { command: 'help', contexts: ['commands'], keys: ['?'], help: 'help' },
  { command: 'quit', contexts: ['commands'], keys: ['q'], help: 'quit' },
  { command: 'interrupt', contexts: ['commands', 'prompt'], keys: ['ctrl+c'], help: 'cancel, then quit' },
  { command: 'left', contexts: ['prompt'], keys: ['left'] },
  { command: 'right', contexts: ['prompt'], keys: ['right'] },
  { command: 'home', contexts: ['prompt'], keys: ['home', 'ctrl+a'], help: 'to the start' },
  { command: 'end', contexts: ['prompt'], keys: ['end', 'ctrl+e'], help: 'to the end' },
  { command: 'backspace', contexts: ['prompt'], keys: ['backspace'] },
  { command: 'delete', contexts: ['prompt'], keys: ['delete'] },
  { command: 'deleteWord', contexts: ['prompt'], keys: ['ctrl+w'], help: 'delete the word' },
  { command: 'deleteToStart', contexts: ['prompt'], keys: ['ctrl+u'], help: 'delete to the start' },
  { command: 'deleteToEnd', contexts: ['prompt'], keys: ['ctrl+k'], help: 'delete to the end' },
];

/** A named key (`enter`, `ctrl+a`), or text as it was typed: one character or more. */
export type KeyPress = { name: string; text?: undefined } | { name?: undefined; text: string };

const NAMED_KEYS = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** Keys typed fast or over a slow line come as one event: text and control characters are taken apart. */
export function toKeyPresses(input: string, key: Key): KeyPress[] {
  if (key.eventType === 'release') return [];
  const named = NAMED_KEYS.find(([flag]) => key[flag]);
  if (named !== undefined) return [{ name: named[1] }];
  if (key.ctrl) return input === '' ? [] : [{ name: `ctrl+${input}` }];
  if (key.meta) return [{ name: `alt+${input}` }];
  return splitText(input);
}

/** A line break at the end is Enter; one inside the text was pasted and stays with it. */
function splitText(input: string): KeyPress[] {
  const body = input.replace(/[\r\n]$/, '');
  const parts = body.split(/((?![\r\n\t])\p{Control})/u).filter((part) => part !== '');
  const presses = parts.map(toPress);
  return body === input ? presses : [...presses, { name: 'enter' }];
}

function toPress(part: string): KeyPress {
  const code = part.charCodeAt(0);
  const isControl = part.length === 1 && code < 0x20 && !/[\r\n\t]/.test(part);
  return isControl ? { name: `ctrl+${String.fromCharCode(code + 0x60)}` } : { text: part };
}

/** What a press means here: commands, or text for the prompt. Outside the prompt each character is its own press. */
export function toCommands(press: KeyPress, context: KeyContext): (Command | { text: string })[] {
  if (press.text !== undefined && context === 'prompt') return [{ text: press.text }];
  const names = press.text === undefined ? [press.name] : [...press.text];
  return names.map((name) => findCommand(name, context)).filter((command) => command !== undefined);
}

function findCommand(name: string, context: KeyContext): Command | undefined {
  return KEY_BINDINGS.find(({ contexts, keys }) => contexts.includes(context) && keys.includes(name))?.command;
}

const LABELS: Record<string, string> = { up: '↑', down: '↓', left: '←', right: '→' };

export function keyLabel(key: string): string {
  return LABELS[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`);
}

export interface KeyHelp {
  label: string;
  help: string;
}

function toHelp(bindings: readonly KeyBinding[]): KeyHelp[] {
  return bindings.flatMap(({ keys, help }) =>
    help === undefined ? [] : [{ label: keys.map(keyLabel).join(' '), help }],
  );
}

/** For the help page: all of a context, what holds in both only in the first. */
export function helpFor(context: KeyContext): KeyHelp[] {
  return toHelp(KEY_BINDINGS.filter(({ contexts }) => contexts[0] === context));
}

/** What is useful right now, for the footer: `x` only helps while a job runs, `r` only while none does. */
export function footerFor(context: KeyContext, jobRuns: boolean): KeyHelp[] {
  const isHidden = (command: Command) =>
    command === 'newer' ||
    isEdit(command) ||
    (jobRuns ? ['again', 'newSeed', 'generate'].includes(command) : command === 'cancel');
  return toHelp(KEY_BINDINGS.filter(({ command, contexts }) => contexts.includes(context) && !isHidden(command)));
}
