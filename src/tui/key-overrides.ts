/** The user's own keys over the table's: refused in words where a key would mean two things. */
import { SafelightError } from '../protocol/errors.js';
import { type Command, KEY_BINDINGS, type KeyBinding, type KeyContext, takesText } from './key-bindings.js';

/** Keys by command; an empty list takes them away. */
export type KeyOverrides = Readonly<Record<string, string | readonly string[]>>;

/** @throws SafelightError INVALID_PARAMS naming the command or the key */
export function withOverrides(overrides: KeyOverrides, bindings: readonly KeyBinding[] = KEY_BINDINGS): KeyBinding[] {
  for (const command of Object.keys(overrides)) {
    if (!bindings.some((binding) => binding.command === command)) throw refuse(`there is no command ${command}`);
  }
  const seen = new Set<Command>();
  const merged = bindings.map((binding) => {
    const own = overrides[binding.command];
    if (own === undefined) return binding;
    // A command may stand in several rows: its own keys count once, where they work everywhere that it does.
    const keys = seen.has(binding.command) ? [] : [own].flat();
    seen.add(binding.command);
    const contexts = bindings.filter(({ command }) => command === binding.command).flatMap((each) => each.contexts);
    return { ...binding, keys, contexts: [...new Set(contexts)] };
  });
  checkUnique(merged);
  return merged;
}

function checkUnique(bindings: readonly KeyBinding[]): void {
  const taken = new Map<string, Command>();
  for (const { command, contexts, keys } of bindings) {
    // Where a command also works beside text, letters are its keys there alone.
    const places = contexts.every(takesText) ? contexts : contexts.filter((context) => !takesText(context));
    for (const key of keys)
      for (const context of isLetter(key) ? places : contexts) checkOne(taken, command, context, key);
  }
}

function checkOne(taken: Map<string, Command>, command: Command, context: KeyContext, key: string): void {
  if (takesText(context) && isLetter(key))
    throw refuse(`${command}: ${key} is a letter of the text there; use ctrl+${key} or another key`);
  const place = `${context} ${key}`;
  const other = taken.get(place);
  if (other !== undefined && other !== command) throw refuse(`${key} would mean both ${other} and ${command}`);
  taken.set(place, command);
}

const isLetter = (key: string) => [...key].length === 1;

function refuse(words: string): SafelightError {
  const message = `settings, keys: ${words}`;
  return new SafelightError('INVALID_PARAMS', message, { issues: [{ path: '', message }] });
}
