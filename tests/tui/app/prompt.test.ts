/** Writing the prompts, on a terminal in memory. */

import { afterEach, describe, expect, test } from 'vitest';
import type { PromptHistory } from '../../../src/client/prompt-history.js';
import { closeTuis, KEYS, openDone, openTui } from '../open-tui.js';

afterEach(closeTuis);

describe('at the start', () => {
  test('shows the model, the server, the parameters and the keys, with the caret in the prompt', async () => {
    const tui = openTui({ params: { steps: 12, count: 3 } });
    await tui.shows('Describe a picture');
    expect(tui.text()).toContain('safelight · Tiny');
    expect(tui.text()).toContain('127.0.0.1:8000 · cpu');
    expect(tui.text()).toContain('512×512 · 12 steps · guidance 4');
    expect(tui.text()).toContain('dpmpp_2m · seed random · ×3');
    expect(tui.text()).toContain('⏎ generate');
    expect(tui.tty).toMatchObject({ isRaw: true, isAlternateScreen: true });
    expect(tui.tty.cursor).toEqual({ row: 3, column: 3, isVisible: true });
  });

  test('a prompt from the command line stands in the field', async () => {
    const tui = openTui({ prompt: 'a red barn' });
    await tui.shows('a red barn');
    expect(tui.tty.cursor.column).toBe(3 + 'a red barn'.length);
  });
});

describe('the prompt', () => {
  test('types, edits and submits what was typed', async () => {
    const tui = openTui({ params: { steps: 7 } });
    tui.tty.type('a lakes');
    tui.tty.type('\x7f');
    tui.tty.type(`${KEYS.left}${KEYS.left}`);
    await tui.until(() => tui.tty.cursor.column === 3 + 4);
    await tui.generate('');
    expect(tui.client.job.request).toEqual({ prompt: 'a lake', steps: 7 });
  });

  test('a fast typist’s Enter arrives with the text', async () => {
    const tui = openTui();
    await tui.generate('a lake at night');
    expect(tui.client.job.request.prompt).toBe('a lake at night');
  });

  test('a bracketed paste is text, line breaks and all', async () => {
    const tui = openTui();
    tui.tty.type('\x1b[200~a lake\nat night\n\x1b[201~');
    await tui.until((text) => /│ a lake +│\n │ at night/.test(text));
    expect(tui.client.jobs).toEqual([]);
  });

  test('an empty one is not sent', async () => {
    const tui = openTui();
    tui.tty.type('  \r');
    await tui.shows('Describe a picture first.');
    expect(tui.client.jobs).toEqual([]);
  });

  test('up brings the last one back', async () => {
    const tui = await openDone();
    tui.tty.type('e');
    await tui.shows('⏎ generate');
    tui.tty.type('\x15a barn');
    await tui.shows('a barn');
    tui.tty.type(KEYS.up);
    await tui.shows('│ a lake ');
    tui.tty.type(KEYS.down);
    await tui.shows('│ a barn ');
  });

  test('Esc leaves it, e comes back', async () => {
    const tui = openTui();
    tui.tty.type(KEYS.esc);
    await tui.shows('q quit');
    expect(tui.tty.cursor.isVisible).toBe(false);
    tui.tty.type('e');
    await tui.shows('⏎ generate');
    expect(tui.tty.cursor.isVisible).toBe(true);
  });
});

describe('what was typed', () => {
  test('is undone and done again, and what was deleted is put back', async () => {
    const tui = openTui();
    tui.tty.type('a lake at night');
    tui.tty.type('\x17\x17');
    await tui.until((text) => /│ a lake +│/.test(text));
    tui.tty.type('\x19');
    await tui.shows('a lake at night');
    tui.tty.type('\x1f');
    await tui.until((text) => /│ a lake +│/.test(text));
    tui.tty.type('\x1bz');
    await tui.shows('a lake at night');
  });

  test('Home, End and words are gone to; Ctrl-J breaks the line', async () => {
    const tui = openTui();
    tui.tty.type('a lake\x01in \x05');
    tui.tty.type('\n');
    tui.tty.type('far');
    await tui.until((text) => /│ in a lake +│\n │ far +│/.test(text));
    tui.tty.type('\x1bb\x1bb');
    await tui.until(() => tui.tty.cursor.row === 3 && tui.tty.cursor.column === 3 + 'in a '.length);
  });

  test('goes into the negative prompt behind Tab, and is sent as such', async () => {
    const tui = openTui();
    tui.tty.type('a lake\tpeople');
    await tui.shows('− people');
    tui.tty.type(`${KEYS.shiftTab}s`);
    await tui.shows('a lakes');
    await tui.generate('');
    expect(tui.client.job.request).toEqual({ prompt: 'a lakes', negativePrompt: 'people' });
  });
});

describe('earlier prompts', () => {
  const kept: string[] = [];
  const history: PromptHistory = {
    list: async () => ['a red barn', 'a lake at night', 'a city', 'a lake in the morning'],
    add: async (prompt) => void kept.push(prompt),
  };

  test('of other days are there, and this one is kept', async () => {
    const tui = openTui({ history });
    await tui.shows('Describe');
    tui.tty.type('\x10');
    await tui.shows('a lake in the morning');
    tui.tty.type('\x10');
    await tui.until((text) => /│ a city +│/.test(text));
    tui.tty.type('\x0e');
    await tui.shows('a lake in the morning');
    tui.tty.type('\x15');
    await tui.generate('a tower');
    expect(kept).toEqual(['a tower']);
  });

  test('Ctrl-R finds one by its words; Esc leaves what was there', async () => {
    const tui = openTui({ history });
    tui.tty.type('my own');
    await tui.shows('my own');
    tui.tty.type('\x12lak');
    await tui.shows('search lak');
    expect(tui.text()).toMatch(/› a lake in the morning[\s\S]* {2}a lake at night/);
    expect(tui.text()).not.toContain('a red barn');
    tui.tty.type(KEYS.down.repeat(5));
    await tui.shows('› a lake at night');
    tui.tty.type(KEYS.up);
    await tui.shows('› a lake in the morning');
    tui.tty.type(KEYS.esc);
    await tui.shows('my own');
    tui.tty.type('\x12night\r');
    await tui.until((text) => /│ a lake at night +│/.test(text));
    expect(tui.client.jobs).toEqual([]);
  });

  test('Ctrl-R with words that none has', async () => {
    const tui = openTui({ history });
    await tui.shows('Describe');
    tui.tty.type('\x12zebra');
    await tui.shows('nothing like that');
    tui.tty.type('\x7f'.repeat(5));
    await tui.shows('a red barn');
  });
});

test('wildcards are shown filled in, and the job has what was shown', async () => {
  const tui = openTui();
  tui.tty.type('a {red|green|blue} house by __artist__');
  await tui.shows('house by one of artist');
  const shown = /→ (a \w+ house by one of artist)/.exec(tui.text().replace(/\s*│?\n +/g, ' '))?.[1];
  await tui.generate('');
  expect(tui.client.job.request).toMatchObject({ prompt: shown, seed: expect.any(Number) });
});

test('a list of wildcards that is not there is told, and nothing is sent', async () => {
  const readList = async (name: string) => {
    throw new Error(`there is no list ${name}`);
  };
  const tui = openTui({ readList });
  tui.tty.type('by __nobody__\r');
  await tui.shows('✖ there is no list nobody');
  expect(tui.client.jobs).toEqual([]);
});
