/** Every field of one line is edited as the prompts are: search, filter, address and parameters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writePictures } from '../../support/picture-folder.js';
import { closeTuis, KEYS, openIdle, openTui, type Tui } from '../open-tui.js';

let outputDir: string;
beforeAll(async () => {
  outputDir = await mkdtemp(join(tmpdir(), 'safelight-line-'));
  await writePictures(outputDir, [{ prompt: 'a red barn', seed: 11 }]);
});
afterEach(closeTuis);
afterAll(() => rm(outputDir, { recursive: true }));

const history = { list: async () => ['a lake at night'], add: async () => {} };

/** Each with the words in front of what is typed. */
const FIELDS: Record<string, { open(): Promise<Tui>; mark: string }> = {
  'the search in earlier prompts': {
    mark: 'search ',
    async open() {
      const tui = openTui({ history });
      tui.tty.type('\x12');
      await tui.shows('search ▏');
      return tui;
    },
  },
  'the filter of the gallery': {
    mark: 'filter ',
    async open() {
      const tui = await openIdle({ outputDir });
      tui.tty.type('3');
      await tui.shows('1 of 1');
      tui.tty.type('/');
      await tui.shows('filter ▏');
      return tui;
    },
  },
  'the address of a server': {
    mark: '│ ',
    async open() {
      const tui = await openIdle();
      tui.tty.type('4c');
      await tui.shows('│ ▏');
      return tui;
    },
  },
  'a parameter': {
    mark: '› start from +',
    async open() {
      const tui = openTui({ columns: 100, rows: 36 });
      tui.tty.type(`${KEYS.tab}${KEYS.tab}${KEYS.down.repeat(8)}`);
      await tui.shows('› start from');
      return tui;
    },
  },
};

describe.each(Object.entries(FIELDS))('%s', (_, { open, mark }) => {
  test.each([
    ['typed text has its caret behind it', ['one two'], 'one two▏'],
    ['Left and Right', ['one two', KEYS.left.repeat(3), KEYS.right], 'one t▏wo'],
    ['Home, and text goes in there', ['two', '\x1b[H', 'one '], 'one ▏two'],
    ['Ctrl-A and Ctrl-E', ['two', '\x01', 'one ', '\x05', '!'], 'one two!▏'],
    ['a word back and on', ['one two three', '\x1bb', '\x1bb', '\x1bf'], 'one two▏ three'],
    ['Ctrl-Left', ['one two', '\x1b[1;5D'], 'one ▏two'],
    ['Ctrl-W deletes a word', ['one two', '\x17'], 'one ▏'],
    ['Ctrl-U deletes to the start', ['one two', KEYS.left.repeat(3), '\x15'], '▏two'],
    ['Ctrl-K deletes to the end, Ctrl-Y puts it back', ['one two', '\x1bb', '\x0b', '\x01', '\x19'], 'two▏one '],
    ['Delete', ['one', '\x01', '\x1b[3~'], '▏ne'],
    ['undo', ['one two', '\x17', 'x', '\x1f', '\x1f', 'y'], 'one twoy▏'],
    ['redo', ['one two', '\x17', '\x1f', '\x1b_', 'z'], 'one z▏'],
    ['an emoji is one step', ['a👩‍🚀b', KEYS.left.repeat(2)], 'a▏👩‍🚀b'],
    ['a paste, its last line break left out', ['\x1b[200~one\ntwo\n\x1b[201~'], 'one two▏'],
  ])('%s', async (_what, keys, words) => {
    const tui = await open();
    for (const each of keys) tui.tty.type(each);
    await tui.until((text) => new RegExp(`${mark}${words.trimEnd()}`).test(text));
    expect(tui.client.jobs).toEqual([]);
  });
});

test('moving the caret keeps what is chosen in a list', async () => {
  const tui = openTui({ history: { list: async () => ['a lake', 'a lane'], add: async () => {} } });
  await tui.shows('Describe');
  tui.tty.type('\x12a');
  await tui.shows('› a lane');
  tui.tty.type(`${KEYS.down}${KEYS.left}`);
  await tui.shows('search ▏a');
  expect(tui.text()).toContain('› a lake');
});

describe('a parameter that is set', () => {
  async function openPath(): Promise<Tui> {
    const tui = openTui({ columns: 100, rows: 36 });
    tui.tty.type(`a lake${KEYS.tab}${KEYS.tab}${KEYS.down.repeat(8)}`);
    await tui.shows('› start from');
    tui.tty.type('/tmp/a.png\r');
    await tui.until((text) => /start from +\/tmp\/a\.png/.test(text));
    return tui;
  }

  test('is corrected where the caret is', async () => {
    const tui = await openPath();
    tui.tty.type(`${KEYS.left.repeat(4)}b`);
    await tui.shows('/tmp/ab▏.png');
    tui.tty.type('\r');
    await tui.until((text) => /start from +\/tmp\/ab\.png/.test(text));
  });

  test('is taken back when all of it was deleted', async () => {
    const tui = await openPath();
    tui.tty.type('\x05\x15');
    await tui.until((text) => /start from +▏/.test(text));
    tui.tty.type('\r');
    await tui.until((text) => /start from +–/.test(text));
  });

  test('as a number: arrows step it until one is typed, then they move the caret', async () => {
    const tui = openTui({ columns: 100, rows: 36, params: { steps: 20 } });
    tui.tty.type(`${KEYS.tab}${KEYS.tab}${KEYS.down.repeat(2)}${KEYS.right}`);
    await tui.shows('‹ 21 ›');
    await tui.shows('← less  → more');
    tui.tty.type(`30${KEYS.left}`);
    await tui.shows('3▏0');
    expect(tui.text()).not.toContain('← less');
    tui.tty.type('\x1b[H');
    await tui.shows('▏30');
    tui.tty.type('\r');
    await tui.shows('‹ 30 ›');
  });
});
