import type { Key } from 'ink';
import { describe, expect, test } from 'vitest';
import { footerFor, helpFor, KEY_BINDINGS, type KeyContext, toCommands, toKeyPresses } from '../../src/tui/keys.js';

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

function commands(context: KeyContext, input: string, key: Partial<Key> = {}) {
  return toKeyPresses(input, { ...NO_KEY, ...key }).flatMap((press) => toCommands(press, context));
}

describe('the table', () => {
  test.each(['prompt', 'commands'] as const)('no key means two things in %s', (context) => {
    const keys = KEY_BINDINGS.filter(({ contexts }) => contexts.includes(context)).flatMap((binding) => binding.keys);
    expect(keys).toHaveLength(new Set(keys).size);
  });

  test('in the prompt no letter is a command: it must type', () => {
    const letters = KEY_BINDINGS.filter(({ contexts }) => contexts.includes('prompt'))
      .flatMap(({ keys }) => keys)
      .filter((key) => [...key].length === 1);
    expect(letters).toEqual([]);
  });

  test('every binding with words is on the help page, once', () => {
    const shown = [...helpFor('prompt'), ...helpFor('commands')].map(({ help }) => help);
    const words = KEY_BINDINGS.flatMap(({ help }) => (help === undefined ? [] : [help]));
    expect(shown.toSorted()).toEqual(words.toSorted());
    expect(KEY_BINDINGS.filter(({ help }) => help === undefined).flatMap(({ keys }) => keys)).toEqual([
      'left',
      'right',
      'backspace',
      'delete',
    ]);
  });
});

describe('outside the prompt', () => {
  test.each([
    ['r', 'again'],
    ['R', 'newSeed'],
    ['e', 'edit'],
    ['x', 'cancel'],
    ['?', 'help'],
    ['q', 'quit'],
  ])('%s: %s', (input, command) => {
    expect(commands('commands', input)).toEqual([command]);
  });

  test('keys that come as one event are taken apart', () => {
    expect(commands('commands', 'xq')).toEqual(['cancel', 'quit']);
  });

  test('Ctrl-C, and nothing for other keys', () => {
    expect(commands('commands', 'c', { ctrl: true })).toEqual(['interrupt']);
    expect(commands('commands', 'z')).toEqual([]);
    expect(commands('commands', 'r', { ctrl: true })).toEqual([]);
    expect(commands('commands', 'q', { meta: true })).toEqual([]);
  });
});

describe('in the prompt', () => {
  test('letters and pasted lines are text', () => {
    expect(commands('prompt', 'q')).toEqual([{ text: 'q' }]);
    expect(commands('prompt', 'a lake\rat night')).toEqual([{ text: 'a lake\rat night' }]);
  });

  test('a word that is also the name of a key is text', () => {
    expect(commands('prompt', 'up')).toEqual([{ text: 'up' }]);
  });

  test('Enter at the end of an event generates', () => {
    expect(commands('prompt', '', { return: true })).toEqual(['generate']);
    expect(commands('prompt', 'a lake\r')).toEqual([{ text: 'a lake' }, 'generate']);
  });

  test('control characters between letters are their keys', () => {
    expect(commands('prompt', 'lake\x01a ')).toEqual([{ text: 'lake' }, 'home', { text: 'a ' }]);
  });

  test.each<[Partial<Key>, string, string]>([
    [{ upArrow: true }, '', 'older'],
    [{ downArrow: true }, '', 'newer'],
    [{ escape: true }, '', 'leave'],
    [{ ctrl: true }, 'w', 'deleteWord'],
    [{ ctrl: true }, 'u', 'deleteToStart'],
    [{ ctrl: true }, 'k', 'deleteToEnd'],
    [{ ctrl: true }, 'e', 'end'],
    [{ ctrl: true }, 'c', 'interrupt'],
    [{ backspace: true }, '', 'backspace'],
    [{ delete: true }, '', 'delete'],
  ])('%j %s: %s', (key, input, command) => {
    expect(commands('prompt', input, key)).toEqual([command]);
  });
});

test('the footer shows what helps now', () => {
  const labels = (context: KeyContext, jobRuns: boolean) => footerFor(context, jobRuns).map(({ label }) => label);
  expect(labels('prompt', false)).toEqual(['enter', '↑', 'esc', '^C']);
  expect(labels('commands', false)).toEqual(['r', 'R', 'e', '?', 'q', '^C']);
  expect(labels('commands', true)).toEqual(['e', 'x', '?', 'q', '^C']);
});
