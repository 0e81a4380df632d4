/** From what the terminal sends to what is meant: key presses by name, and the commands that a key map has for them. */
import type { Key } from 'ink';
import { type Command, KEY_BINDINGS, type KeyBinding, type KeyContext, takesText } from './key-bindings.js';

/** A named key (`enter`, `ctrl+a`), or text as it was typed: one character or more. */
export type KeyPress = { name: string; text?: undefined } | { name?: undefined; text: string };

const NAMED_KEYS = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
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
  if (named !== undefined) return [{ name: modifiersOf(named[1], key) + named[1] }];
  if (key.ctrl) return input === '' ? [] : [{ name: `ctrl+${input}` }];
  if (key.meta) return [{ name: `alt+${input}` }];
  return splitText(input);
}

/** Shift counts only where terminals tell it of all keys alike; Alt with Esc is two presses of Esc. */
function modifiersOf(name: string, { ctrl, shift, meta }: Key): string {
  if (name === 'tab') return shift ? 'shift+' : '';
  if (name !== 'left' && name !== 'right') return '';
  return ctrl ? 'ctrl+' : meta ? 'alt+' : '';
}

/** Line breaks at the end are Enter; one inside the text was pasted and stays with it. */
function splitText(input: string): KeyPress[] {
  // Alone it is Ctrl-J: Enter comes as a carriage return.
  if (input === '\n') return [{ name: 'ctrl+j' }];
  const [end = ''] = /(?:\r\n?)+$|\n$/.exec(input) ?? [];
  const parts = input.slice(0, input.length - end.length).split(/((?![\r\n])\p{Control})/u);
  const enters = end.match(/\r\n?|\n/g) ?? [];
  return [...parts.filter((part) => part !== '').map(toPress), ...enters.map(() => ({ name: 'enter' }))];
}

function toPress(part: string): KeyPress {
  const code = part.charCodeAt(0);
  const isControl = part.length === 1 && code < 0x20 && !/[\r\n]/.test(part);
  if (code === 0x1f) return { name: 'ctrl+_' };
  if (part === '\t') return { name: 'tab' };
  return isControl ? { name: `ctrl+${String.fromCharCode(code + 0x60)}` } : { text: part };
}

/**
 * What a press means: commands, or text for a field. Where letters are commands each is a press of its own, and the next one
 * means what it does after that command: `e` and what is typed behind it may come as one event.
 */
export function* toCommands(
  press: KeyPress,
  contextNow: () => KeyContext,
  bindings: readonly KeyBinding[] = KEY_BINDINGS,
): Generator<Command | { text: string }> {
  const letters = press.text === undefined ? [press.name] : [...press.text];
  for (const [at, letter] of letters.entries()) {
    const context = contextNow();
    if (press.text !== undefined && takesText(context)) return yield { text: letters.slice(at).join('') };
    const command = findCommand(letter === '\r' ? 'enter' : letter, context, bindings);
    if (command !== undefined) yield command;
  }
}

function findCommand(name: string, context: KeyContext, bindings: readonly KeyBinding[]): Command | undefined {
  return bindings.find(({ contexts, keys }) => contexts.includes(context) && keys.includes(name))?.command;
}
