/** The list of all jobs: chosen, shown, cancelled and made again. */
import { afterEach, expect, test } from 'vitest';
import { closeTuis, KEYS, openIdle, openTui, progress, type Tui } from '../open-tui.js';

afterEach(closeTuis);

/** The newest waits, the one before runs, the first is done; the queue is open and the newest chosen. */
async function openQueue(): Promise<Tui> {
  const tui = openTui();
  await tui.generate('a lake');
  tui.client.job.finish(42);
  await tui.shows('out/1_42.png');
  tui.tty.type('e\x15');
  await tui.generate('a barn');
  tui.client.job.tell({ type: 'started', seeds: [7] });
  tui.client.job.tell(progress(5));
  await tui.shows('5/25');
  tui.tty.type('e\x15');
  await tui.generate('a city');
  tui.client.job.tell({ type: 'queued', position: 0 });
  tui.tty.type('2');
  await tui.shows('› ● a city');
  return tui;
}

test('tells how far each job is and what came of it, the newest first', async () => {
  const tui = await openQueue();
  const rows = tui.tty.rows().slice(1, 4);
  expect(rows[0]).toMatch(/› ● a city +waiting · next in line/);
  expect(rows[1]).toMatch(/ {2}● a barn +20% step 5\/25/);
  expect(rows[2]).toMatch(/ {2}✔ a lake +1_42\.png/);
});

test('any job is cancelled, the others go on', async () => {
  const tui = await openQueue();
  tui.tty.type('jx');
  await tui.until((text) => /› ● a barn.*cancelling/.test(text));
  expect(tui.client.jobs.map(({ isCancelled }) => isCancelled)).toEqual([false, true, false]);
  tui.client.jobs[1].tell({ type: 'cancelled' });
  await tui.until((text) => /› ○ a barn +cancelled/.test(text));
  tui.tty.type('x');
  await tui.shows('Nothing runs.');
  tui.tty.type('gx');
  await tui.until(() => tui.client.jobs[2].isCancelled);
});

test('keys move in it and stop at its ends', async () => {
  const tui = await openQueue();
  for (const [keys, shown] of [
    [KEYS.down, '› ● a barn'],
    ['G', '› ✔ a lake'],
    ['jj', '› ✔ a lake'],
    ['k', '› ● a barn'],
    ['g', '› ● a city'],
    [`${KEYS.up}${KEYS.up}`, '› ● a city'],
  ] as const) {
    tui.tty.type(keys);
    await tui.shows(shown);
  }
});

test('Enter shows the chosen one; a job that begins later stays in the list', async () => {
  const tui = await openQueue();
  tui.tty.type('jj\r');
  await tui.shows('✔ out/1_42.png');
  tui.tty.type('y');
  await tui.shows('The path is sent to the terminal’s');
  tui.tty.type('2gj\r');
  await tui.shows('step 5/25');
});

test('the chosen one is made again, with a new seed, as variations, and taken into the form', async () => {
  const tui = await openQueue();
  tui.tty.type('Gr');
  await tui.until(() => tui.client.jobs.length === 4);
  expect(tui.client.job.request).toEqual({ prompt: 'a lake', seed: 42 });
  // A job came in front; the chosen one stays chosen.
  await tui.shows('› ✔ a lake');
  tui.tty.type('R');
  await tui.until(() => tui.client.jobs.length === 5);
  expect(tui.client.job.request).toEqual({ prompt: 'a lake', seed: undefined });
  tui.tty.type('e');
  await tui.until((text) => /│ a lake +│/.test(text) && text.includes('⏎ generate'));
  expect(tui.text()).toContain('seed 42');
});

test('an empty one says where to begin, and offers nothing that it cannot do', async () => {
  const tui = await openIdle();
  tui.tty.type('2');
  await tui.shows('Nothing was asked for yet');
  expect(tui.text()).not.toContain('⏎ show');
  tui.tty.type('\rx1');
  await tui.shows('Describe a picture');
});
