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

/** A line break at the end is Enter; one inside the text was pasted and stays with it. */
function splitText(input: string): KeyPress[] {
  // Alone it is Ctrl-J: Enter comes as a carriage return.
  if (input === '\n') return [{ name: 'ctrl+j' }];
  const body = input.replace(/\r\n?$|\n$/, '');
  const parts = body.split(/((?![\r\n\t])\p{Control})/u).filter((part) => part !== '');
  const presses = parts.map(toPress);
  return body === input ? presses : [...presses, { name: 'enter' }];
}

function toPress(part: string): KeyPress {
  const code = part.charCodeAt(0);
  const isControl = part.length === 1 && code < 0x20 && !/[\r\n\t]/.test(part);
  if (code === 0x1f) return { name: 'ctrl+_' };
  return isControl ? { name: `ctrl+${String.fromCharCode(code + 0x60)}` } : { text: part };
}

/** What a press means here: commands, or text for a field. Where letters are commands each character is its own press. */
export function toCommands(
  press: KeyPress,
  context: KeyContext,
  bindings: readonly KeyBinding[] = KEY_BINDINGS,
): (Command | { text: string })[] {
  if (press.text !== undefined && takesText(context)) return [{ text: press.text }];
  const names = press.text === undefined ? [press.name] : [...press.text];
  return names.map((name) => findCommand(name, context, bindings)).filter((command) => command !== undefined);
}

function findCommand(name: string, context: KeyContext, bindings: readonly KeyBinding[]): Command | undefined {
  return bindings.find(({ contexts, keys }) => contexts.includes(context) && keys.includes(name))?.command;
}
