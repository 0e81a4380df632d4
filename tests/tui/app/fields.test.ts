/** The parameters: stepped, typed, chosen from lists, and what is wrong with them told in place. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createLayout } from '../../../src/tui/layout.js';
import { closeTuis, KEYS, openTui, type Tui, type TuiTestOptions } from '../open-tui.js';

afterEach(closeTuis);

/** The panel is open behind a prompt; `width` is chosen. */
async function openFields(options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui({ columns: 100, rows: 36, ...options });
  tui.tty.type('a lake\t\t');
  await tui.shows('› width');
  return tui;
}

/** How many rows below `width`. */
const DOWN = { height: 1, steps: 2, seed: 4, pictures: 5, scheduler: 6, start: 8, variation: 13, format: 16 };
const go = (tui: Tui, field: keyof typeof DOWN) => tui.tty.type(KEYS.down.repeat(DOWN[field]));

test('arrows step a number within its limits, and what is set is sent', async () => {
  const tui = await openFields();
  tui.tty.type(KEYS.right);
  await tui.shows('‹ 576 ›');
  tui.tty.type(KEYS.left.repeat(2));
  await tui.shows('‹ 448 ›');
  tui.tty.type(KEYS.down.repeat(5) + KEYS.left);
  await tui.shows('‹ 1 ›');
  tui.tty.type(KEYS.right.repeat(2));
  await tui.shows('‹ 3 ›');
  await tui.generate('');
  expect(tui.client.job.request).toEqual({ prompt: 'a lake', width: 448, count: 3 });
});

test('a number is typed and taken by Enter, the next Enter generates', async () => {
  const tui = await openFields();
  go(tui, 'steps');
  tui.tty.type('128');
  tui.tty.type(KEYS.backspace);
  await tui.shows('12▏');
  tui.tty.type(`${KEYS.down}2,5\r`);
  await tui.until((text) => /guidance +‹ 2\.5 ›/.test(text));
  expect(tui.client.jobs).toEqual([]);
  await tui.generate('');
  expect(tui.client.job.request).toEqual({ prompt: 'a lake', steps: 12, guidanceScale: 2.5 });
});

test('Backspace takes back what is set', async () => {
  const tui = await openFields({ params: { seed: 7 } });
  go(tui, 'seed');
  await tui.shows('‹ 7 ›');
  tui.tty.type(KEYS.backspace);
  await tui.shows('‹ random ›');
  await tui.generate('');
  expect(tui.client.job.request).toEqual({ prompt: 'a lake' });
});

describe('what is wrong is said in place, and nothing is sent', () => {
  test.each([
    ['steps', '900', '✖ must be a whole number from 1 to 100'],
    ['height', '500', '✖ must be a multiple of 8'],
    ['height', '264', '✖ this model makes multiples of 64'],
    ['pictures', '0', '✖ must be a whole number from 1 to'],
  ] as const)('%s %s: %s', async (field, typed, words) => {
    const tui = await openFields();
    go(tui, field);
    tui.tty.type(`${typed}\r`);
    await tui.shows(words);
    tui.tty.type('\r');
    await tui.shows(words);
    expect(tui.client.jobs).toEqual([]);
    // Where it is corrected it is gone.
    tui.tty.type(`${KEYS.backspace}\r`);
    await tui.lacks('✖');
  });

  test('what is no number is not taken: the value stays as it was', async () => {
    const tui = await openFields({ params: { steps: 12 } });
    go(tui, 'steps');
    tui.tty.type('many\r');
    await tui.shows('✖ steps: many is not a number');
    expect(tui.text()).toContain('‹ 12 ›');
    expect(tui.client.jobs).toEqual([]);
  });

  test('also on another field than the chosen one', async () => {
    const tui = await openFields();
    tui.tty.type(`500${KEYS.down}`);
    await tui.until((text) => /width +500\s[^✖]*✖ must be a multiple of 8/.test(text));
    tui.tty.type('\r');
    await tui.shows('width: must be a multiple of 8');
    expect(tui.client.jobs).toEqual([]);
  });
});

test.each([
  [54, 10],
  [54, 16],
  [54, 24],
  [54, 50],
  [60, 16],
  [70, 24],
  [80, 24],
  [96, 20],
  [120, 40],
])('what is wrong can be read to its end at %i×%i', async (columns, rows) => {
  const tui = openTui({ columns, rows, color: 'truecolor' });
  const { form } = createLayout({ columns, rows, aspect: 500 / 512 });
  const inForm = () => tui.tty.rows().map((row) => row.slice(form.column, form.column + form.columns));
  const reads = (words: string) => tui.until(() => inForm().join(' ').replace(/\s+/g, ' ').includes(words));
  tui.tty.type(`a lake\t\t500${KEYS.down}${KEYS.down}`);
  await tui.shows('› steps');
  tui.tty.type('900\r');
  await reads('✖ must be a whole number from 1 to 100');
  tui.tty.type('as many as there are stars in the sky\r');
  await reads('✖ steps: as many as there are st… is not a number');
});

test('a list opens at the value that is used, is narrowed by letters, and Enter takes', async () => {
  const tui = await openFields();
  go(tui, 'scheduler');
  tui.tty.type('\r');
  await tui.shows('› dpmpp_2m');
  tui.tty.type('dd');
  await tui.shows('› ddim');
  expect(tui.text()).not.toContain('dpmpp_2m');
  tui.tty.type('\r');
  await tui.until((text) => /scheduler +‹ ddim ›/.test(text));
  tui.tty.type(KEYS.right);
  await tui.until((text) => /scheduler +‹ dpmpp_2m ›/.test(text));
  tui.tty.type('\r');
  await tui.shows('⏎ take');
  tui.tty.type(KEYS.esc);
  await tui.until((text) => /scheduler +‹ dpmpp_2m ›/.test(text));
});

describe('a picture to start from', () => {
  test('is read when the job starts', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'safelight-fields-'));
    const path = join(dir, 'the start.png');
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    await writeFile(path, bytes);
    try {
      const tui = await openFields();
      go(tui, 'start');
      // As a terminal pastes a file that is dragged onto it.
      tui.tty.type(`\x1b[200~'${path}' \x1b[201~`);
      await tui.shows('the start.png');
      tui.tty.type('\r');
      await tui.generate('');
      expect(tui.client.job.request).toMatchObject({ initImage: bytes.toString('base64') });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test.each([
    ['/nowhere/a.png', '/nowhere/a.png does not exist'],
    ['file:///nowhere/a%20b.png', '/nowhere/a b.png does not exist'],
    ['/', '/ is a folder'],
  ])('that cannot be read, %s, is said', async (typed, words) => {
    const tui = await openFields();
    go(tui, 'start');
    tui.tty.type(`${typed}\r\r`);
    await tui.shows(words);
    expect(tui.client.jobs).toEqual([]);
  });
});

test('Tab and Shift-Tab go around, Esc leaves, Tab comes back to the prompt', async () => {
  const tui = await openFields();
  tui.tty.type('\t');
  await tui.shows('⏎ generate');
  tui.tty.type(KEYS.shiftTab);
  await tui.shows('› width');
  tui.tty.type(KEYS.up);
  await tui.shows('› format');
  tui.tty.type(KEYS.esc);
  await tui.shows('q quit');
  tui.tty.type('\t');
  await tui.shows('⏎ generate');
});
