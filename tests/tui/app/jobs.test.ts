/** What a job tells while it runs and when it is done, and what may be asked of it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../../src/client/journal.js';
import { SafelightError } from '../../../src/protocol/errors.js';
import { closeTuis, KEYS, openDone, openIdle, openTui, openWatching } from '../open-tui.js';

afterEach(closeTuis);

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

  test('q does not ask about a picture that is saved: it waits for the server’s last word', async () => {
    const tui = await openWatching();
    const picture = {
      n: 0,
      seed: 7,
      sha256: '',
      bytes: 1,
      width: 512,
      height: 512,
      format: 'png',
      href: '/x',
    } as const;
    tui.client.job.tell({ type: 'image', ...picture });
    await tui.shows('✔');
    tui.tty.type('q');
    tui.client.job.tell({ type: 'completed', seeds: [7], timings: { queuedMs: 0, totalMs: 1 } });
    await tui.screen.closed;
    expect(tui.client.acked).toEqual([tui.client.job.jobId]);
    expect(tui.text()).not.toContain('not done yet');
  });

  test('a picture that ends while q asks is not counted', async () => {
    const tui = await openWatching();
    tui.tty.type('q');
    await tui.shows('A picture is not done yet.');
    tui.client.job.finish(7);
    await tui.shows('Everything is done now.');
    tui.tty.type('x');
    await tui.screen.closed;
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

test('keys that come as one event all count', async () => {
  const tui = await openWatching();
  tui.tty.type('x?');
  await tui.shows('In a prompt');
  expect(tui.client.job.isCancelled).toBe(true);
});

describe('more of the same', () => {
  test.each([
    ['v', 'four relatives', { count: 4, variationStrength: 0.2, variationSeed: expect.any(Number), seed: 42 }],
    ['+', 'half as many steps again', { steps: 38, seed: 42 }],
    ['u', 'twice as large', { hiresScale: 2, seed: 42 }],
  ])('%s makes it with %s', async (key, _, params) => {
    const tui = await openDone();
    tui.tty.type(key);
    await tui.until(() => tui.client.jobs.length === 2);
    expect(tui.client.job.request).toEqual({ prompt: 'a lake', ...params });
  });

  test('u says when it is as large as it gets', async () => {
    const tui = await openDone();
    tui.tty.type('u');
    await tui.until(() => tui.client.jobs.length === 2);
    tui.client.job.finish(42);
    await tui.shows('2_42.png');
    tui.tty.type('u');
    await tui.shows('as large as it gets');
    expect(tui.client.jobs).toHaveLength(2);
  });

  test('l keeps the seed for what comes, and frees it again', async () => {
    const tui = await openDone();
    tui.tty.type('l');
    await tui.shows('The seed stays 42.');
    expect(tui.text()).toContain('seed 42');
    tui.tty.type('l');
    await tui.shows('a seed of its own');
    expect(tui.text()).toContain('seed random');
    tui.tty.type('le');
    await tui.generate('!');
    expect(tui.client.job.request).toEqual({ prompt: 'a lake!', seed: 42 });
  });

  test('nothing to repeat is said', async () => {
    const tui = await openIdle();
    for (const key of ['r', 'R', 'v', '+', 'u', 'b', 'p']) {
      tui.tty.type(key);
      await tui.shows('Nothing to repeat yet');
      tui.tty.type('x');
      await tui.shows('Nothing runs.');
    }
    for (const key of ['o', 'y', 'i', 'd']) {
      tui.tty.type(key);
      await tui.shows('no saved picture here yet');
      tui.tty.type('x');
      await tui.shows('Nothing runs.');
    }
    expect(tui.client.jobs).toEqual([]);
  });
});

test('jobs that were left by an earlier program are on screen, and what was saved of them is not saved again', async () => {
  const entry: JournalEntry = {
    ...{ jobId: 'b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d10', url: 'http://127.0.0.1:8000' },
    ...{ submittedAt: '2026-11-01T00:00:00Z', save: { outputDir: '/tmp', name: 'x' }, saved: [0] },
    params: { prompt: 'a barn', seed: 7, count: 2 },
  };
  const tui = openTui({ left: [entry], isOwn: false, notice: 'Welcome back.' });
  await tui.shows('Welcome back.');
  expect(tui.text()).toContain('⏎ generate');
  const picture = { seed: 7, sha256: '', bytes: 1, width: 64, height: 64, format: 'png', href: '/' } as const;
  tui.client.job.tell({ type: 'image', n: 0, ...picture });
  tui.client.job.tell({ type: 'image', n: 1, ...picture, seed: 8 });
  tui.client.job.tell({ type: 'completed', seeds: [7, 8], timings: { queuedMs: 0, totalMs: 1 } });
  await tui.shows('✔ out/1_8.png');
  expect(tui.text()).not.toContain('_7.png');
  expect(tui.client.acked).toEqual([entry.jobId]);
});
