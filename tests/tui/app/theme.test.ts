/** The colours of the words on dark and light backgrounds, and on one that is known late. */
import { afterEach, expect, test, vi } from 'vitest';
import { type Background, PALETTES, type Tone } from '../../../src/tui/theme.js';
import { closeTuis, openIdle, openTui, type Tui } from '../open-tui.js';

// chalk reads it when it is loaded.
vi.hoisted(() => {
  process.env.FORCE_COLOR = '3';
});
afterEach(closeTuis);

function controlled(first: Background) {
  let background = first;
  const listeners = new Set<() => void>();
  return {
    current: () => background,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next: Background) {
      background = next;
      for (const listener of listeners) listener();
    },
  };
}

/** xterm's mark of a 24-bit colour, or of one of its 256. */
const colorOf = (tui: Tui, words: string) => {
  const row = tui.tty.rows().findIndex((line) => line.includes(words));
  return /\/(\d+:\d+)\//.exec(tui.tty.cell(row, tui.tty.rows()[row].indexOf(words)))?.[1];
};
const codeOf = (background: Background, tone: Tone) =>
  `50331648:${Number.parseInt(PALETTES[background][tone].slice(1), 16)}`;

test('words change their colours when the terminal tells its background late', async () => {
  const background = controlled('unknown');
  const tui = await openIdle({ background });
  const seen = () => [colorOf(tui, 'q quit'), colorOf(tui, 'quit')];
  expect(seen()).toEqual([codeOf('unknown', 'accent'), codeOf('unknown', 'dim')]);
  for (const next of ['light', 'dark'] as const) {
    background.become(next);
    await tui.until(() => colorOf(tui, 'q quit') === codeOf(next, 'accent'));
    expect(seen()).toEqual([codeOf(next, 'accent'), codeOf(next, 'dim')]);
  }
});

test('no word is dim by the terminal’s own means', async () => {
  const tui = await openIdle({ background: controlled('light') });
  expect(tui.tty.bytes).not.toContain('\x1b[2m');
});

test('where there are no pictures for a reason, it stands in their place', async () => {
  const tui = openTui({ columns: 100, noPictures: 'nothing but words here' });
  await tui.shows('nothing but words here');
  await tui.generate('a lake');
  await tui.shows('nothing but words here');
});
