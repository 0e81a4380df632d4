/** The contact sheet: many seeds for a few steps, of which the picked are finished. */
import { afterEach, expect, test } from 'vitest';
import { closeTuis, KEYS, openIdle, openTui, progress, type Tui, type TuiTestOptions } from '../open-tui.js';

afterEach(closeTuis);

/** @param keys that write the prompt */
async function askForSheet(tui: Tui, keys: string): Promise<void> {
  tui.tty.type(keys);
  await tui.shows('a lake');
  tui.tty.type(KEYS.esc);
  await tui.shows('c contact sheet');
  tui.tty.type('c');
  await tui.shows('6 seeds');
}

/** Asks for a sheet of `seeds` frames from seed 100 on, after `keys` on the question. */
async function openSheet(seeds: number, keys = '', options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui({ params: { seed: 100, steps: 20 }, ...options });
  await askForSheet(tui, 'a lake');
  tui.tty.type(`${keys}\r`);
  await tui.until(() => tui.client.jobs.length === seeds);
  return tui;
}

/** Frame `index` gets as far as `step`, with a look. */
function develop(tui: Tui, index: number, step: number): void {
  const job = tui.client.jobs[index];
  job.tell({ type: 'started', seeds: [100 + index] });
  job.tell(progress(step, 20));
  job.preview(8, 8, [0, 40 * index, 200], { step });
}

test('every frame has a seed of its own, and is let go when its look is there', async () => {
  const tui = await openSheet(6);
  expect(tui.client.jobs.map(({ request }) => request.seed)).toEqual([100, 101, 102, 103, 104, 105]);
  expect(tui.client.jobs.map(({ request }) => request.steps)).toEqual(Array(6).fill(20));
  expect(tui.text()).toContain('1 waiting · 100');
  develop(tui, 0, 3);
  await tui.shows('1 3/8 · 100');
  expect(tui.client.jobs[0].isCancelled).toBe(false);
  develop(tui, 0, 8);
  await tui.until(() => tui.client.jobs[0].isCancelled);
  tui.client.jobs[0].tell({ type: 'cancelled' });
  await tui.shows('1 ready · 100');
  tui.client.jobs[1].tell({ type: 'failed', code: 'ENGINE_FAILED', message: 'the engine ended' });
  await tui.shows('2 failed · 101');
});

test('frames are drawn at their places', async () => {
  const tui = await openSheet(6, '', { color: 'truecolor' });
  develop(tui, 0, 8);
  await tui.shows('▀');
  const blocks = () => tui.text().split('▀').length;
  const one = blocks();
  develop(tui, 4, 8);
  await tui.until(() => blocks() > one);
  // The sheet's wish is small and live; behind it Create's is back.
  const [small] = tui.client.wishes.slice(-1);
  expect(small).toMatchObject({ format: 'rgb' });
  tui.tty.type(KEYS.esc);
  await tui.lacks('waiting');
  expect(tui.text()).not.toContain('▀');
  expect(tui.client.wishes.at(-1)?.maxWidth).toBeGreaterThan(small.maxWidth);
});

test('numbers pick and let go; Enter finishes the picked as they would have become, and ends the sheet', async () => {
  const tui = await openSheet(6);
  for (const index of [0, 1, 2]) {
    develop(tui, index, 8);
    tui.client.jobs[index].tell({ type: 'cancelled' });
  }
  await tui.shows('3 ready');
  tui.tty.type('123');
  await tui.shows('✔3');
  tui.tty.type('2');
  await tui.until((text) => text.includes('✔1') && !text.includes('✔2'));
  tui.tty.type('\r');
  await tui.until(() => tui.client.jobs.length === 8);
  expect(tui.client.jobs.slice(6).map(({ request }) => request)).toMatchObject([
    { prompt: 'a lake', seed: 100, steps: 20, count: 1 },
    { prompt: 'a lake', seed: 102, steps: 20, count: 1 },
  ]);
  // What still waited is not wanted any more.
  expect(tui.client.jobs.slice(3, 6).map(({ isCancelled }) => isCancelled)).toEqual([true, true, true]);
  await tui.shows('x cancel');
});

test('how many seeds and steps is asked, within what there can be', async () => {
  const tui = await openSheet(9, `${KEYS.right.repeat(5)}${KEYS.down}${KEYS.left.repeat(5)}`);
  expect(tui.client.jobs).toHaveLength(9);
  develop(tui, 0, 2);
  await tui.shows('1 2/3 · 100');
});

test.each([
  ['x', 'x'],
  ['Esc', KEYS.esc],
  ['Ctrl-C', KEYS.ctrlC],
])('%s ends the sheet and what still develops', async (_, key) => {
  const tui = await openSheet(6);
  develop(tui, 0, 3);
  await tui.shows('3/8');
  tui.tty.type(key);
  await tui.until(() => tui.client.jobs.every(({ isCancelled }) => isCancelled));
  await tui.shows('c contact sheet');
});

test('Esc on the question goes back; without a prompt it is not even asked', async () => {
  const tui = await openIdle();
  tui.tty.type('c');
  await tui.shows('Describe a picture first.');
  await askForSheet(tui, 'ea lake');
  tui.tty.type(KEYS.esc);
  await tui.lacks('6 seeds');
  expect(tui.client.jobs).toEqual([]);
});

test('each seed draws its own words', async () => {
  const tui = openTui({ params: { seed: 100 } });
  tui.tty.type('a {red|green|blue|white} house');
  await tui.shows('→ a ');
  tui.tty.type(KEYS.esc);
  await tui.shows('c contact sheet');
  tui.tty.type('c');
  await tui.shows('6 seeds');
  tui.tty.type('\r');
  await tui.until(() => tui.client.jobs.length === 6);
  const prompts = tui.client.jobs.map(({ request }) => request.prompt);
  for (const prompt of prompts) expect(prompt).toMatch(/^a (red|green|blue|white) house$/);
  expect(new Set(prompts).size).toBeGreaterThan(1);
});
