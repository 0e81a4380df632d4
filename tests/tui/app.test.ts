/** The whole UI on a terminal in memory: what it shows, and what its keys do. */
import { afterEach, describe, expect, test } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import { createLayout } from '../../src/tui/layout.js';
import { closeTuis, KEYS, openTui, type Tui } from './open-tui.js';

afterEach(closeTuis);

const progress = (step: number, steps = 25) =>
  ({ type: 'progress', image: 0, step, steps, elapsedMs: step * 50, etaMs: (steps - step) * 50 }) as const;

async function openWatching(options: Parameters<typeof openTui>[0] = {}): Promise<Tui> {
  const tui = openTui(options);
  await tui.generate('a lake');
  tui.client.job.tell({ type: 'started', seeds: [42] });
  tui.client.job.tell(progress(3));
  tui.client.job.tell(progress(4));
  await tui.shows('4/25');
  return tui;
}

async function openDone(): Promise<Tui> {
  const tui = openTui();
  await tui.generate('a lake');
  tui.client.job.finish(42);
  await tui.shows('out/1_42.png');
  return tui;
}

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

describe('while a job runs', () => {
  test('the bar, the rate and the time left are told', async () => {
    const tui = await openWatching();
    expect(tui.text()).toContain('step 4/25 · 20.0 it/s · 0:02 left');
    expect(tui.text()).toMatch(/━+─+ +16%/);
    expect(tui.text()).toContain('seed 42');
    expect(tui.text()).toContain('x cancel');
  });

  test('its place in the queue and its stages are told', async () => {
    const tui = openTui();
    await tui.generate('a lake');
    tui.client.job.tell({ type: 'queued', position: 2 });
    await tui.shows('waiting · 2 before this one');
    tui.client.job.tell({ type: 'stage', name: 'download', fraction: 0.25 });
    await tui.shows('downloading the model 25 %');
  });

  test('x cancels it once', async () => {
    const tui = await openWatching();
    tui.tty.type('x');
    await tui.shows('cancelling…');
    expect(tui.client.job.isCancelled).toBe(true);
    tui.client.job.tell({ type: 'cancelled' });
    await tui.shows('Cancelled.');
    expect(tui.text()).toContain('r same again');
  });

  test('Ctrl-C cancels; a second one quits', async () => {
    const tui = await openWatching();
    tui.tty.type(KEYS.ctrlC);
    await tui.shows('cancelling…');
    tui.tty.type(KEYS.ctrlC);
    await tui.screen.closed;
  });

  test('r sends another one, which waits', async () => {
    const tui = await openWatching();
    tui.tty.type('r');
    await tui.until(() => tui.client.jobs.length === 2);
    tui.client.job.tell({ type: 'queued', position: 0 });
    await tui.shows('1 more in the queue');
    expect(tui.text()).toContain('4/25');
  });

  test('q asks; x there cancels it, waits for that, and quits', async () => {
    const tui = await openWatching();
    tui.tty.type('q');
    await tui.shows('A picture is not done yet.');
    expect(tui.text()).not.toContain('leave it running');
    tui.tty.type('x');
    await tui.until(() => tui.client.job.isCancelled);
    tui.client.job.tell({ type: 'cancelled' });
    await tui.screen.closed;
    await tui.screen.settled();
  });

  test('q asks, and Esc goes back', async () => {
    const tui = await openWatching();
    tui.tty.type('q');
    await tui.shows('A picture is not done yet.');
    tui.tty.type(KEYS.esc);
    await tui.shows('4/25');
    expect(tui.client.job.isCancelled).toBe(false);
  });

  test('on a server that goes on, l leaves it running', async () => {
    const tui = await openWatching({ isOwn: false });
    tui.tty.type('q');
    await tui.shows('leave it running');
    tui.tty.type('l');
    await tui.screen.closed;
    await tui.screen.settled();
    expect(tui.client.job.isCancelled).toBe(false);
  });

  test('a failure is told and the next job can start', async () => {
    const tui = await openWatching();
    tui.client.job.tell({ type: 'failed', code: 'ENGINE_FAILED', message: 'the engine ended' });
    await tui.shows('✖ the engine ended');
    tui.tty.type('r');
    await tui.until(() => tui.client.jobs.length === 2);
  });

  test('a lost link is told and nothing breaks', async () => {
    const tui = await openWatching();
    tui.client.job.breakWith(new SafelightError('CONNECTION_FAILED', 'the link was lost'));
    await tui.shows('✖ the link was lost');
    expect(tui.text()).toContain('r same again');
  });
});

describe('when it is done', () => {
  test('the saved path is shown, the server may forget the picture', async () => {
    const tui = await openDone();
    expect(tui.text()).toContain('✔ out/1_42.png');
    await tui.shows('r same again');
    expect(tui.client.acked).toEqual([tui.client.job.jobId]);
  });

  test('a long path is shown whole, with the seed when it does not tell it', async () => {
    const path = `${'a-folder-with-a-long-name/'.repeat(2)}output.png`;
    const tui = openTui({ color: '256', save: async () => path });
    await tui.generate('a lake');
    tui.client.job.finish(42);
    await tui.shows('✔ a-folder');
    const form = tui.tty.rows().map((row) => row.slice(0, 40).trim());
    expect(form.join('').replaceAll(' ', '')).toContain(`✔${path}seed42`);
  });

  test('r makes the same again, with the same seed', async () => {
    const tui = await openDone();
    await tui.shows('r same again');
    tui.tty.type('r');
    await tui.until(() => tui.client.jobs.length === 2);
    expect(tui.client.job.request).toEqual({ prompt: 'a lake', seed: 42 });
  });

  test('R leaves the seed to the server', async () => {
    const tui = await openDone();
    await tui.shows('r same again');
    tui.tty.type('R');
    await tui.until(() => tui.client.jobs.length === 2);
    expect(tui.client.job.request).toEqual({ prompt: 'a lake', seed: undefined });
  });

  test('a picture that cannot be saved is told and not acknowledged', async () => {
    const tui = openTui({
      save: () => Promise.reject(new Error('EACCES: permission denied')),
    });
    await tui.generate('a lake');
    tui.client.job.finish(42);
    await tui.shows('✖ EACCES: permission denied');
    expect(tui.client.acked).toEqual([]);
  });
});

test('? shows all keys and hides them again', async () => {
  const tui = openTui();
  tui.tty.type(KEYS.esc);
  await tui.shows('? help');
  tui.tty.type('?');
  await tui.shows('In a prompt');
  expect(tui.text()).toContain('same again');
  tui.tty.type('?');
  await tui.lacks('In a prompt');
});

test('keys that come as one event all count', async () => {
  const tui = await openWatching();
  tui.tty.type('x?');
  await tui.shows('In a prompt');
  expect(tui.client.job.isCancelled).toBe(true);
});

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

describe('the picture', () => {
  const pictureOf = (columns: number, rows: number, aspect = 1) => {
    const { picture } = createLayout({ columns, rows, aspect });
    if (picture === undefined) throw new Error('no room for a picture');
    return picture;
  };
  /** The colours of all cells in the picture's box. */
  const colors = (tui: Tui, box: { row: number; column: number; rows: number; columns: number }) => {
    const cells = Array.from({ length: box.rows * box.columns }, (_, index) =>
      tui.tty.cell(box.row + Math.floor(index / box.columns), box.column + (index % box.columns)),
    );
    return new Set(cells);
  };
  const solid = ([r, g, b]: readonly [number, number, number]) => {
    const value = (r << 16) | (g << 8) | b;
    // 50331648 is xterm's mark of a 24-bit colour.
    return new Set([`▀/50331648:${value}/50331648:${value}`]);
  };

  test('the server is asked for exactly the box, eight times a second', async () => {
    const tui = openTui({ color: 'truecolor', params: { width: 768, height: 512 } });
    await tui.shows('your picture');
    const { columns, rows } = pictureOf(80, 24, 1.5);
    expect(tui.client.wishes.at(-1)).toEqual({
      format: 'rgb',
      maxWidth: columns,
      maxHeight: rows * 2,
      maxPerSecond: 8,
    });
  });

  test('a preview fills the box, the finished picture replaces it, and text goes on beside it', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(box.columns, box.rows * 2, [10, 200, 30]);
    await tui.until(() => tui.text().includes('▀'));
    expect(colors(tui, box)).toEqual(solid([10, 200, 30]));
    tui.client.job.tell(progress(5));
    await tui.shows('5/25');
    expect(colors(tui, box)).toEqual(solid([10, 200, 30]));
    tui.client.job.finish(42);
    await tui.until(() => colors(tui, box).has([...solid(tui.client.finalColor)][0]));
    expect(colors(tui, box)).toEqual(solid(tui.client.finalColor));
    expect(tui.text()).toContain('out/1_42.png');
  });

  test('a preview of another size is scaled to the box; one that comes too late is not shown', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(5, 5, [1, 2, 3]);
    await tui.until(() => tui.text().includes('▀'));
    expect(colors(tui, box)).toEqual(solid([1, 2, 3]));
    const { width, height } = { width: 512, height: 512 };
    tui.client.job.tell({
      type: 'image',
      n: 0,
      seed: 42,
      sha256: '',
      bytes: 1,
      width,
      height,
      format: 'png',
      href: '/',
    });
    tui.client.job.preview(5, 5, [1, 2, 3]);
    tui.client.job.tell({ type: 'completed', seeds: [42], timings: { queuedMs: 0, totalMs: 1 } });
    await tui.until(() => colors(tui, box).has([...solid(tui.client.finalColor)][0]));
    expect(colors(tui, box)).toEqual(solid(tui.client.finalColor));
  });

  test('one of another shape stands in the middle of the box', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(60, 30, [1, 2, 3]);
    await tui.until(() => tui.text().includes('▀'));
    const isShown = (row: number) => tui.tty.rows()[row].includes('▀'.repeat(box.columns));
    const rows = Array.from({ length: box.rows }, (_, index) => box.row + index).filter(isShown);
    expect(rows).toHaveLength(Math.round(box.columns / 2 / 2));
    const [above, below] = [rows[0] - box.row, box.row + box.rows - 1 - rows[rows.length - 1]];
    expect([0, 1]).toContain(below - above);
  });

  test('without colours there is none, and none is asked for', async () => {
    const tui = await openWatching();
    tui.client.job.preview(10, 10, [1, 2, 3]);
    tui.client.job.finish(42);
    await tui.shows('out/1_42.png');
    expect(tui.text()).not.toContain('▀');
    expect(tui.client.wishes).toEqual([]);
  });

  test('after any resizes the screen is as if it had been opened at that size', async () => {
    const sizes = [[120, 40], [100, 30], [60, 40], [30, 6], [80, 24], [80, 30], [90, 30], [70, 26]]; // biome-ignore format: pairs
    const tui = await openWatching({ color: 'truecolor' });
    tui.client.job.preview(20, 20, [10, 200, 30]);
    await tui.until(() => tui.text().includes('▀'));
    for (const [columns, rows] of sizes) {
      const fresh = await openWatching({ color: 'truecolor', columns, rows });
      fresh.client.job.preview(20, 20, [10, 200, 30]);
      const hasPicture = createLayout({ columns, rows, aspect: 1 }).picture !== undefined;
      await fresh.until((text) => text.includes('▀') === hasPicture);
      tui.tty.resize(columns, rows);
      await tui.until((text) => text === fresh.text());
      if (hasPicture) expect(colors(tui, pictureOf(columns, rows))).toEqual(solid([10, 200, 30]));
    }
  });
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
