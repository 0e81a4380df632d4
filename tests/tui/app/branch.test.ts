/** Branching: a picture that goes on from the middle of another one, with other words, guidance or seed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { closeTuis, KEYS, openDone, openTui, openWatching, progress } from '../open-tui.js';

afterEach(closeTuis);

test('b forks the running job at the step on screen: only what was changed is sent', async () => {
  const tui = await openWatching({ params: { steps: 25, negativePrompt: 'people' } });
  tui.tty.type('b');
  await tui.shows('forks after step 4');
  await tui.shows('⏎ generate');
  await tui.generate(' at night');
  expect(tui.client.job.request).toEqual({
    ...{ prompt: 'a lake', negativePrompt: 'people', steps: 25, seed: 42, count: 1 },
    ...{ branchStep: 4, branchPrompt: 'a lake at night' },
  });
  // Once: the next one is a picture of its own.
  expect(tui.text()).not.toContain('forks after');
});

test('a finished one at half of its steps, by a negative prompt, guidance and seed', async () => {
  const tui = await openDone({ params: { steps: 20 }, columns: 100, rows: 36 });
  tui.tty.type('b');
  await tui.shows('forks after step 10');
  tui.tty.type(`\tpeople\t${KEYS.down.repeat(3)}9${KEYS.down}77\r`);
  await tui.shows('‹ 77 ›');
  await tui.generate('');
  expect(tui.client.job.request).toEqual({
    ...{ prompt: 'a lake', steps: 20, seed: 42, count: 1, branchStep: 10 },
    ...{ branchNegativePrompt: 'people', branchGuidanceScale: 9, branchSeed: 77 },
  });
});

test('with nothing changed it would be the same picture: that is said', async () => {
  const tui = await openWatching({ params: { steps: 25 } });
  tui.tty.type('b');
  await tui.shows('forks after step 4');
  tui.tty.type('\r');
  await tui.until((text) => /this would be the same\s+picture/.test(text));
  expect(tui.client.jobs).toHaveLength(1);
});

test('Esc leaves the branch', async () => {
  const tui = await openWatching({ params: { steps: 25 } });
  tui.tty.type('b');
  await tui.shows('forks after step 4');
  tui.tty.type(KEYS.esc);
  await tui.lacks('forks after');
  tui.tty.type('e');
  await tui.generate('s');
  expect(tui.client.job.request).toEqual({ prompt: 'a lakes', steps: 25, seed: 42 });
});

test.each([
  ['running', 12],
  ['finished', 7],
])('img2img makes fewer steps than were asked: a %s one forks after %i of 15', async (phase, step) => {
  const dir = await mkdtemp(join(tmpdir(), 'safelight-branch-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, 'start.png');
  await writeFile(path, 'bytes');
  const tui = openTui({ params: { steps: 25 }, columns: 100, rows: 36 });
  tui.tty.type('a lake\t\t');
  await tui.shows('› width');
  tui.tty.type(`${KEYS.down.repeat(8)}${path}\r`);
  await tui.shows('start.png');
  await tui.generate('');
  tui.client.job.tell({ type: 'started', seeds: [42] });
  tui.client.job.tell(progress(11, 15));
  tui.client.job.tell(progress(12, 15));
  await tui.shows('12/15');
  if (phase === 'finished') {
    tui.client.job.finish(42, 15);
    await tui.shows('✔ out/1_42.png');
  }
  tui.tty.type('b');
  await tui.shows(`forks after step ${step}`);
});
