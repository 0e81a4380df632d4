/** The UI as plain lines: what it says, and what its words do. */
import { afterEach, describe, expect, test } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import type { LinkState } from '../../src/tui/state/state.js';
import { importsOf, sourceFiles } from '../support/source-imports.js';
import { closePlains, openPlainUi, type PlainUi } from './open-plain.js';

afterEach(closePlains);

const progress = (step: number, steps = 20, image = 0) =>
  ({ type: 'progress', image, step, steps, elapsedMs: step * 50, etaMs: (steps - step) * 50 }) as const;

async function openRunning(options: Parameters<typeof openPlainUi>[0] = {}): Promise<PlainUi> {
  const ui = openPlainUi(options);
  await ui.generate('a lake');
  ui.client.job.tell({ type: 'started', seeds: [42] });
  return ui;
}

async function openDone(): Promise<PlainUi> {
  const ui = await openRunning();
  ui.client.job.finish(42);
  await ui.says('Saved out/0_42.png');
  await ui.plain.settled();
  return ui;
}

/** Of the last job, when there is one more than before. */
async function nextRequest(ui: PlainUi, line: string) {
  const sent = ui.text.split('Sent: ').length;
  ui.type(line);
  await ui.says(new RegExp(`(Sent: .*){${sent}}`, 's'));
  return ui.client.job.request;
}

describe('a prompt', () => {
  test('is drawn with the parameters, told now and then, and its path told', async () => {
    const ui = await openRunning({ params: { steps: 20 } });
    expect(ui.client.job.request).toEqual({ prompt: 'a lake', steps: 20 });
    for (const step of [5, 10, 15]) {
      ui.client.job.tell(progress(step - 1));
      ui.client.job.tell(progress(step));
      await ui.says(`Step ${step}/20`);
    }
    ui.client.job.tell({ type: 'stage', name: 'load' });
    await ui.says('Loading the model.');
    const steps = ui.text.split('\n').filter((line) => line.startsWith('Step'));
    expect(steps.map((line) => line.split(',')[0])).toEqual(['Step 5/20', 'Step 10/20', 'Step 15/20']);
    expect(steps[1]).toBe('Step 10/20, 20.0 it/s, 0:01 left.');
    ui.client.job.finish(42);
    await ui.says('Saved out/0_42.png');
    await ui.plain.settled();
    expect(ui.client.acked).toEqual([ui.client.job.jobId]);
  });

  test('has its notes told once', async () => {
    const ui = await openRunning();
    ui.client.job.tell({ type: 'stage', name: 'encode', notes: ['The mask is all white.', 'Another.'] });
    ui.client.job.tell({ type: 'stage', name: 'denoise' });
    ui.client.job.tell(progress(10));
    await ui.says('Step 10/20');
    expect(ui.text.split('The mask is all white. Another.')).toHaveLength(2);
  });

  test('of several pictures tells which one it is at', async () => {
    const ui = await openRunning({ params: { count: 2 } });
    ui.client.job.tell(progress(10, 20, 1));
    await ui.says('Picture 2 of 2, step 10/20, 0:01 left.');
  });

  test('has its wildcards filled in, and tells with what', async () => {
    const ui = openPlainUi();
    ui.type('a __colour__ lake');
    await ui.says('Sent: a one of colour lake');
    expect(ui.client.job.request).toMatchObject({ prompt: 'a one of colour lake', seed: expect.any(Number) });
  });

  test('with a wildcard of no list is not sent', async () => {
    const readList = async () => {
      throw new SafelightError('INVALID_PARAMS', '__colour__: there is no such list');
    };
    const ui = openPlainUi({ readList });
    ui.type('a __colour__ lake');
    await ui.says('__colour__: there is no such list');
    expect(ui.client.jobs).toEqual([]);
  });

  test('keeps nothing of what the arrow keys type into a line', async () => {
    const ui = openPlainUi();
    ui.type('a \x1b[A\x1b[D lake\x07');
    await ui.says('Sent: a  lake');
    expect(ui.client.job.request.prompt).toBe('a  lake');
  });

  test('of an empty line is none', async () => {
    const ui = openPlainUi();
    ui.type('  ');
    ui.type(':jobs');
    await ui.says('There are no jobs yet.');
    expect(ui.client.jobs).toEqual([]);
  });
});

describe('what happens', () => {
  test('the queue and the model’s way are told', async () => {
    const ui = await openRunning();
    ui.client.job.tell({ type: 'queued', position: 2 });
    await ui.says('Waiting, 2 before this one.');
    ui.client.job.tell({ type: 'stage', name: 'download', fraction: 0 });
    await ui.says('Downloading the model.');
    ui.client.job.tell({ type: 'stage', name: 'download', fraction: 0.5 });
    ui.client.job.tell({ type: 'stage', name: 'load' });
    await ui.says('Loading the model.');
    expect(ui.text).not.toContain('%');
  });

  test('a failure and a lost server are told once', async () => {
    const ui = await openRunning();
    ui.client.job.tell({ type: 'failed', code: 'OUT_OF_MEMORY', message: 'too large', retry: false });
    await ui.says('Failed: too large');
    await ui.generate('a barn');
    ui.client.job.breakWith(new SafelightError('CONNECTION_FAILED', 'the server is gone'));
    await ui.says('Failed: the server is gone');
    expect(ui.text.match(/too large|the server is gone/g)).toHaveLength(2);
  });

  test('of several jobs it is told whose it is', async () => {
    const ui = await openRunning();
    await ui.generate('a barn');
    ui.client.jobs[0].finish(1);
    await ui.says('Job 1: Saved out/0_1.png');
    ui.client.jobs[1].finish(2);
    await ui.says(/^Saved out\/0_2\.png/m);
  });

  test('a lost link and its return are told, its tries are not', async () => {
    let tell: (link: LinkState) => void = () => {};
    const ui = openPlainUi({
      onLink(listener) {
        tell = listener;
      },
    });
    tell({ state: 'down', retryMs: 1000, attempt: 1 });
    tell({ state: 'down', retryMs: 2000, attempt: 1 });
    tell({ state: 'up' });
    await ui.says('The connection to the server is back.');
    expect(ui.text.match(/connection to the server is/g)).toHaveLength(2);
  });

  test('jobs that were left are gone on with, and the offer is told', async () => {
    const entry = {
      jobId: 'b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d10',
      ...{ url: 'http://127.0.0.1:8000', submittedAt: '2026-01-01T00:00:00.000Z' },
      ...{ params: { prompt: 'a red barn', seed: 7 }, save: { outputDir: '/out', name: '{seed}' }, saved: [] },
    };
    const ui = openPlainUi({ left: [entry], notice: '`safelight resume` gets 1 unsaved picture of earlier jobs' });
    await ui.says('`safelight resume` gets 1 unsaved picture');
    expect(ui.text).toContain('An earlier job goes on: a red barn');
    expect(ui.client.job.jobId).toBe(entry.jobId);
    ui.client.job.finish(7);
    await ui.says('Saved out/0_7.png');
  });

  test('nothing that comes from elsewhere reaches the terminal as more than words', async () => {
    const ui = openPlainUi({ params: { model: '\x1b]0;title\x07gone' }, notice: '\x1b[31mred\r\nnot\x9b2J' });
    ui.type(':set');
    ui.type('a \x1b[1mlake');
    await ui.says('Sent: a lake');
    ui.client.job.tell({ type: 'failed', code: 'INTERNAL', message: 'a\x1b[2Jb\x08c', retry: false });
    await ui.says(/Failed: ab.c/);
    expect(ui.text).toMatch(/^[\P{Control}\n]*$/u);
  });
});

describe('words', () => {
  test('repeat the last picture', async () => {
    const ui = await openDone();
    expect(await nextRequest(ui, ':r')).toEqual({ prompt: 'a lake', seed: 42 });
    expect((await nextRequest(ui, ':R')).seed).toBeUndefined();
    ui.client.job.finish(43);
    await ui.says('Saved out/0_43.png');
    expect(await nextRequest(ui, ':+')).toMatchObject({ seed: 43, steps: 38 });
    ui.client.job.finish(43);
    expect(await nextRequest(ui, ':v')).toMatchObject({ count: 4, variationSeed: expect.any(Number) });
    ui.client.job.finish(43);
    expect(await nextRequest(ui, ':u')).toMatchObject({ hiresScale: 2 });
    ui.type(':u');
    await ui.says('It is as large as it gets.');
  });

  test('have nothing to repeat at first', async () => {
    const ui = openPlainUi();
    ui.type(':r');
    await ui.says('Nothing to repeat yet.');
  });

  test('that are none are told', async () => {
    const ui = openPlainUi();
    ui.type(':constructor');
    await ui.says('There is no :constructor. :help tells what there is.');
    ui.type(':help');
    await ui.says(':q quits.');
    expect(ui.client.jobs).toEqual([]);
  });

  test('set parameters by name or label, take them back and list them', async () => {
    const ui = openPlainUi();
    ui.type(':set steps 4');
    ui.type(':set guidance 2,5');
    ui.type(':set Scheduler ddim');
    ui.type(':not people, text');
    await ui.says('Kept out: people, text');
    expect(await nextRequest(ui, 'a lake')).toEqual({
      ...{ prompt: 'a lake', negativePrompt: 'people, text' },
      ...{ steps: 4, guidanceScale: 2.5, scheduler: 'ddim' },
    });
    ui.type(':set guidanceScale');
    await ui.says('guidanceScale: 4, by default');
    ui.type(':not');
    await ui.says('Nothing is kept out.');
    expect(await nextRequest(ui, 'a barn')).toEqual({ prompt: 'a barn', steps: 4, scheduler: 'ddim' });
    ui.type(':set');
    await ui.says(/^width: 512, by default$.*^seed: random, by default$.*^format: png, by default$/ms);
  });

  test('that set nonsense are refused', async () => {
    const ui = openPlainUi();
    ui.type(':set steps many');
    await ui.says('steps: many is not a number.');
    ui.type(':set speed 3');
    await ui.says('There is no parameter speed.');
    ui.type(':set width 300');
    await ui.says('width: 300. That does not do:');
    ui.type('a lake');
    await ui.says(/^width: (?!300)/m);
    expect(ui.client.jobs).toEqual([]);
  });

  test('list earlier prompts, by their words, and draw one by its number', async () => {
    const prompts = ['a lake', 'a barn', 'a red barn'];
    const added: string[] = [];
    const history = { list: async () => prompts, add: async (prompt: string) => void added.push(prompt) };
    const ui = openPlainUi({ history });
    ui.type(':p barn');
    await ui.says('1. a red barn\n2. a barn\n');
    ui.type(':p sea');
    await ui.says('There is no such prompt.');
    expect((await nextRequest(ui, ':p 3')).prompt).toBe('a lake');
    expect(added).toEqual(['a lake']);
  });

  test('tell the jobs and cancel one, or all', async () => {
    const ui = await openRunning();
    await ui.generate('a barn');
    ui.client.jobs[0].tell(progress(5));
    await ui.says('Job 1: Step 5/20');
    ui.type(':jobs');
    await ui.says('1. step 5/20 · 0:01 left: a lake\n2. sending…: a barn\n');
    ui.type(':x 2');
    await ui.says('Job 2: Cancelling.');
    expect(ui.client.jobs.map(({ isCancelled }) => isCancelled)).toEqual([false, true]);
    ui.client.jobs[1].tell({ type: 'cancelled' });
    await ui.says('Job 2: Cancelled.');
    ui.type(':x 2');
    await ui.says('No such job runs.');
    ui.type(':x');
    await ui.says(/^Cancelling\./m);
    ui.client.jobs[0].tell({ type: 'cancelled' });
    await ui.says(/^Cancelled\./m);
    ui.type(':x');
    await ui.says('Nothing runs.');
  });
});

describe('the end', () => {
  test(':q with nothing running', async () => {
    const ui = openPlainUi();
    ui.type(':q');
    await ui.plain.closed;
    expect(ui.text).toMatch(/:q quits\.\n$/);
  });

  test(':q cancels what runs on a server of its own', async () => {
    const ui = await openRunning();
    ui.type(':q');
    await ui.plain.closed;
    expect(ui.client.job.isCancelled).toBe(true);
    ui.client.job.tell({ type: 'cancelled' });
    await ui.plain.settled();
  });

  test(':q leaves what runs to a server by URL, and says so', async () => {
    const ui = await openRunning({ isOwn: false });
    ui.type(':q');
    await ui.plain.closed;
    await ui.plain.settled();
    expect(ui.client.job.isCancelled).toBe(false);
    expect(ui.text).toContain('The server goes on with what runs.');
  });

  test('of the input waits for the picture, also for one that is not sent yet', async () => {
    const ui = openPlainUi();
    ui.type('a {red} lake');
    ui.endInput();
    await ui.says('Waiting for the picture.');
    ui.client.job.finish(42);
    await ui.plain.closed;
    expect(ui.text).toMatch(/Saved out\/0_42\.png\n$/);
  });

  test('of the input does not outlast a close', async () => {
    const ui = await openRunning();
    ui.endInput();
    await ui.says('Waiting for the picture.');
    ui.plain.close();
    await ui.plain.closed;
    expect(ui.client.job.isCancelled).toBe(true);
  });

  test.each([true, false])('Ctrl-C cancels, a second one quits (server of its own: %s)', async (isOwn) => {
    const ui = await openRunning({ isOwn });
    expect(ui.plain.interrupt()).toBe(false);
    await ui.says('Ctrl-C again quits.');
    expect(ui.client.job.isCancelled).toBe(true);
    expect(ui.plain.interrupt()).toBe(true);
    await ui.plain.closed;
    expect(ui.text).not.toContain('The server goes on');
  });

  test('Ctrl-C with nothing to cancel quits at once', async () => {
    const ui = await openDone();
    expect(ui.plain.interrupt()).toBe(true);
    await ui.plain.closed;
  });
});

test('it brings neither ink nor react', () => {
  const edges = new Map(sourceFiles().map((file) => [file, importsOf(file).filter(({ typeOnly }) => !typeOnly)]));
  const seen = new Set<string>();
  const visit = (target: string) => {
    if (seen.has(target)) return;
    seen.add(target);
    for (const next of edges.get(target) ?? []) visit(next.target);
  };
  visit('src/tui/plain.ts');
  expect(seen).toContain('src/tui/plain-teller.ts');
  expect([...seen].filter((target) => target === 'ink' || target === 'react')).toEqual([]);
});
