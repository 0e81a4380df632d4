import type { Key } from 'ink';
import { describe, expect, test } from 'vitest';
import { KEY_BINDINGS, KEY_CONTEXTS, type KeyContext, takesText } from '../../src/tui/key-bindings.js';
import { createKeyNames, footerFor, helpFor, joinKeys, toKeysMarkdown } from '../../src/tui/key-help.js';
import { withOverrides } from '../../src/tui/key-overrides.js';
import { toCommands, toKeyPresses } from '../../src/tui/keys.js';

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

function commands(context: KeyContext, input: string, key: Partial<Key> = {}, bindings = KEY_BINDINGS) {
  return toKeyPresses(input, { ...NO_KEY, ...key }).flatMap((press) => [...toCommands(press, () => context, bindings)]);
}

describe('the table', () => {
  test.each(KEY_CONTEXTS)('no key means two things in %s', (context) => {
    const keys = KEY_BINDINGS.filter(({ contexts }) => contexts.includes(context)).flatMap((binding) => binding.keys);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  test('where text is written no letter is a command: it must type', () => {
    const letters = KEY_BINDINGS.filter(({ contexts }) => contexts.some(takesText))
      .flatMap(({ keys }) => keys)
      .filter((key) => [...key].length === 1);
    expect(letters).toEqual([]);
  });

  test('docs/keys.md is made from it (vitest -u writes it)', async () => {
    await expect(toKeysMarkdown()).toMatchFileSnapshot('../../docs/keys.md');
  });

  test.each(KEY_CONTEXTS)('something in %s can be left by a key that is told', (context) => {
    const own = KEY_BINDINGS.filter(({ contexts }) => contexts.includes(context)).map(({ command }) => command);
    expect(own.some((command) => ['leave', 'close', 'quit'].includes(command))).toBe(true);
  });
});

describe('where letters are commands', () => {
  test.each([
    ['r', 'again'],
    ['R', 'newSeed'],
    ['e', 'edit'],
    ['v', 'variations'],
    ['+', 'moreSteps'],
    ['u', 'hires'],
    ['x', 'cancel'],
    ['o', 'open'],
    ['y', 'copyPath'],
    ['p', 'copyPrompt'],
    ['i', 'info'],
    ['d', 'remove'],
    ['b', 'branch'],
    ['3', 'toGallery'],
    ['?', 'help'],
    ['q', 'quit'],
  ])('%s: %s', (input, command) => {
    expect(commands('create', input)).toEqual([command]);
  });

  test('keys that come as one event are taken apart', () => {
    expect(commands('create', 'xq')).toEqual(['cancel', 'quit']);
    expect(commands('queue', 'jk')).toEqual(['moveDown', 'moveUp']);
    expect(commands('queue', 'j\rk\r\r')).toEqual(['moveDown', 'choose', 'moveUp', 'choose', 'choose']);
  });

  test('what is typed behind a key that leads to a field is its text', () => {
    let context: KeyContext = 'gallery';
    const [press] = toKeyPresses('/xq', NO_KEY);
    const meant = toCommands(press, () => context);
    expect(meant.next().value).toBe('filter');
    context = 'filter';
    expect([...meant]).toEqual([{ text: 'xq' }]);
  });

  test('Ctrl-C, and nothing for other keys', () => {
    expect(commands('create', 'c', { ctrl: true })).toEqual(['interrupt']);
    expect(commands('create', 'z')).toEqual([]);
    expect(commands('create', 'r', { ctrl: true })).toEqual([]);
    expect(commands('create', 'q', { meta: true })).toEqual([]);
  });

  test('numbers pick frames of the contact sheet', () => {
    expect(commands('cull', '19')).toEqual(['pick1', 'pick9']);
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

  test('Enter at the end of an event generates; Ctrl-J is a new line', () => {
    expect(commands('prompt', '', { return: true })).toEqual(['generate']);
    expect(commands('prompt', 'a lake\r')).toEqual([{ text: 'a lake' }, 'generate']);
    expect(commands('prompt', '\n')).toEqual(['newline']);
  });

  test('control characters between letters are their keys', () => {
    expect(commands('prompt', 'lake\x01a ')).toEqual([{ text: 'lake' }, 'home', { text: 'a ' }]);
    expect(commands('prompt', 'a\t\tb\r\r')).toEqual([
      ...[{ text: 'a' }, 'nextPart', 'nextPart', { text: 'b' }],
      ...['generate', 'generate'],
    ]);
  });

  test('Tab and Shift-Tab go through the parts', () => {
    expect(commands('prompt', '', { tab: true })).toEqual(['nextPart']);
    expect(commands('fields', '', { tab: true, shift: true })).toEqual(['previousPart']);
  });

  test('the release of a key is none', () => {
    expect(toKeyPresses('a', { ...NO_KEY, eventType: 'release' })).toEqual([]);
  });
});

describe('help', () => {
  test('tells every key of a context that has words', () => {
    const words = helpFor('prompt').map(({ label, help }) => `${label} ${help}`);
    expect(words).toEqual(expect.arrayContaining(['⏎ generate', '^J new line', '^R search', 'esc leave the field']));
  });

  test('the footer leaves out what is rare and what would do nothing', () => {
    const footer = (idle: ('cancel' | 'again')[]) => footerFor('create', new Set(idle)).map(({ help }) => help);
    expect(footer(['cancel'])).not.toContain('cancel');
    expect(footer(['again'])).toEqual(expect.not.arrayContaining(['same again', 'more steps']));
    expect(footer([])).toEqual(expect.arrayContaining(['cancel', 'same again', 'quit']));
  });
});

test('a footer entry that is urgent stands in front, one without a key in a text is left out', () => {
  expect(footerFor('create', new Set())[0]).toEqual({ label: '^T', help: 'retry the connection' });
  const bindings = withOverrides({ retryNow: 't' });
  expect(footerFor('create', new Set(), bindings)[0].label).toBe('t');
  expect(footerFor('prompt', new Set(), bindings)[0].help).toBe('generate');
  const keys = createKeyNames(bindings);
  expect([keys('retryNow', 'create'), keys('retryNow', 'prompt')]).toEqual(['t', undefined]);
  expect(joinKeys([keys('retryNow', 'prompt'), 'retries'], ['⏎', 'takes'])).toBe('⏎ takes');
});

describe('the user’s own keys', () => {
  test('take the place of the table’s', () => {
    const bindings = withOverrides({ again: 'z', cancel: ['ctrl+x', 'w'], hires: [] });
    expect(commands('create', 'z', {}, bindings)).toEqual(['again']);
    expect(commands('create', 'rwu', {}, bindings)).toEqual(['cancel']);
    expect(commands('create', 'x', { ctrl: true }, bindings)).toEqual(['cancel']);
    expect(helpFor('create', bindings)).toContainEqual({ label: 'z', help: 'same again' });
  });

  test('of a command with several rows work wherever it does', () => {
    const bindings = withOverrides({ moveDown: 'n' });
    expect(commands('queue', 'nj', {}, bindings)).toEqual(['moveDown']);
    expect(commands('gallery', 'n', {}, bindings)).toEqual(['moveDown']);
  });

  test.each([
    [{ fly: 'f' }, /no command fly/],
    [{ again: 'x' }, /x would mean both again and cancel|x would mean both cancel and again/],
    [{ generate: 'g' }, /letter of the text/],
  ])('%o is refused in words', (overrides, words) => {
    expect(() => withOverrides(overrides)).toThrow(words);
  });
});
