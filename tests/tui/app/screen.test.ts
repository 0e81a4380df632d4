/** The whole terminal: how it is left, and that everything stays on it. */
import { afterEach, describe, expect, test } from 'vitest';
import { closeTuis, KEYS, openTui, progress } from '../open-tui.js';

afterEach(closeTuis);

test.each([
  ['q outside the prompt', [KEYS.esc, 'q']],
  ['Ctrl-C', [KEYS.ctrlC]],
])('%s leaves the terminal as it was', async (_, keys) => {
  const tui = openTui({ color: 'truecolor' });
  await tui.shows('Describe');
  for (const key of keys) {
    tui.tty.type(key);
    if (key === KEYS.esc) await tui.shows('q quit');
  }
  await tui.screen.closed;
  await tui.tty.drawn();
  expect(tui.tty.isAlternateScreen).toBe(false);
  expect(tui.tty.cursor.isVisible).toBe(true);
  expect(tui.tty.isRaw).toBe(false);
  expect(tui.tty.bytes.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(tui.tty.bytes.lastIndexOf('\x1b[?2004h'));
});

test('a bug while drawing leaves the terminal as it was, too', async () => {
  const tui = openTui({ client: { url: 'not a url' } });
  await expect(tui.screen.closed).rejects.toThrow('Invalid URL');
  await tui.tty.drawn();
  expect(tui.tty).toMatchObject({ isAlternateScreen: false, isRaw: false, cursor: { isVisible: true } });
});

describe.each([
  [120, 40],
  [80, 24],
  [60, 40],
  [48, 16],
  [40, 10],
  [39, 24],
  [80, 9],
  [20, 3],
])('at %i×%i', (columns, rows) => {
  test('everything stays on the screen, from the prompt to the saved path', async () => {
    const tui = openTui({ columns, rows, color: 'truecolor' });
    tui.tty.type('a lake');
    await tui.shows('a lake');
    const { scrolls } = tui.tty;
    await tui.generate('');
    tui.client.job.tell(progress(3));
    await tui.shows('3/25');
    tui.client.job.finish(42);
    await tui.shows('1_42.png');
    // A frame taller or wider than the terminal would have scrolled it.
    expect(tui.tty.scrolls).toBe(scrolls);
    if (columns >= 40 && rows >= 10) {
      expect(tui.tty.rows()[0]).toContain('● safelight');
      expect(tui.tty.rows()[rows - 1]).toMatch(/^ (r same again|e edit)/);
    }
  });
});
