/** Branching: a picture that goes on from the middle of another one, with other words, guidance or seed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { closeTuis, KEYS, openDone, openTui, openWatching, progress, type Tui } from '../open-tui.js';

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

/** A draft of every kind is in the form while seed 42 of `a lake` is watched. */
async function openWithDraft(): Promise<Tui> {
  const tui = await openWatching({ params: { steps: 25, negativePrompt: 'people' }, columns: 100, rows: 36 });
  tui.tty.type('e');
  tui.tty.type('\x15my own draft\t\x15fog\t');
  tui.tty.type(`${KEYS.right}${KEYS.esc}`);
  await tui.shows('q quit');
  expect(tui.text()).toMatch(/my own draft[\s\S]*− fog[\s\S]*576×512[\s\S]*25 steps/);
  return tui;
}
const DRAFT = { prompt: 'my own draft', negativePrompt: 'fog', steps: 25, width: 576 };

describe('the draft', () => {
  test('is back after Esc, prompt, negative prompt, parameters and free seed', async () => {
    const tui = await openWithDraft();
    tui.tty.type('b');
    await tui.shows('forks after step 4');
    tui.tty.type(` at night\t\t${KEYS.down.repeat(3)}9`);
    await tui.shows('9▏');
    tui.tty.type(KEYS.esc);
    await tui.shows('Your draft is back.');
    expect(tui.text()).not.toContain('forks after');
    tui.tty.type('e');
    await tui.generate('');
    expect(tui.client.job.request).toEqual(DRAFT);
  });

  test('is back after undo; redo returns to the branch as it was left', async () => {
    const tui = await openWithDraft();
    tui.tty.type('b');
    await tui.shows('forks after step 4');
    tui.tty.type('s');
    await tui.shows('│ a lakes ');
    tui.tty.type('\x1f');
    await tui.until((text) => /│ a lake +│/.test(text));
    tui.tty.type('\x1f');
    await tui.shows('my own draft');
    expect(tui.text()).toContain('alt+_ returns to the other settings');
    tui.tty.type('\x1b_');
    await tui.shows('forks after step 4');
    await tui.until((text) => /│ a lake +│/.test(text));
    tui.tty.type('\x1b_');
    await tui.shows('│ a lakes ');
    await tui.generate('');
    expect(tui.client.job.request).toMatchObject({ branchStep: 4, branchPrompt: 'a lakes' });
  });

  test('is back when the fork was sent, and again, variations and hires leave it alone', async () => {
    const tui = await openWithDraft();
    tui.tty.type('b');
    await tui.shows('forks after step 4');
    await tui.generate('s');
    await tui.shows('my own draft');
    for (const key of ['r', 'R', 'v', 'u', '+']) {
      const before = tui.client.jobs.length;
      tui.tty.type(key);
      await tui.until(() => tui.client.jobs.length > before);
    }
    tui.tty.type('e');
    await tui.generate('');
    expect(tui.client.job.request).toEqual(DRAFT);
  });

  test('is back after the settings of a job of the queue were taken over', async () => {
    const tui = await openWithDraft();
    tui.tty.type('2e');
    await tui.shows('esc brings your draft back');
    await tui.shows('seed 42');
    tui.tty.type('!');
    await tui.shows('a lake!');
    tui.tty.type(KEYS.esc);
    await tui.shows('my own draft');
    // Also from where no field has the keys.
    tui.tty.type('\x1b_');
    await tui.shows('a lake!');
    tui.tty.type('e');
    await tui.generate('');
    expect(tui.client.job.request).toMatchObject({ prompt: 'a lake!', seed: 42 });
  });
});

test.each([
  ['running', 12],
  ['finished', 7],
])('img2img makes fewer steps than were asked: a %s one forks after %i of 15', async (phase, step) => {
  const dir = await mkdtemp(join(tmpdir(), 'safelight-branch-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, 'start.png');
  await writeFile(path, '\x89PNG\r\n\x1a\n', 'latin1');
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
