import { describe, expect, test } from 'vitest';
import type { Reporter } from '../../src/cli/reporter.js';
import { savePictures } from '../../src/cli/save-pictures.js';
import type { ClientEvent, ImageEvent } from '../../src/client/client.js';
import { SafelightError } from '../../src/protocol/errors.js';
import type { JobEvent } from '../../src/protocol/messages.js';

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const idle = () => new Promise((resolve) => setImmediate(resolve));

type WithoutIds<T> = T extends unknown ? Omit<T, 'jobId' | 'seq'> : never;

const progress = (image: number): WithoutIds<JobEvent> => ({
  ...{ type: 'progress', image, step: 1, steps: 2, elapsedMs: 1, etaMs: 1 },
});
const imageOf = (n: number): WithoutIds<JobEvent> => ({
  ...{ type: 'image', n, seed: n, sha256: '', bytes: 1, width: 8, height: 8, format: 'png', href: '/x' },
});
const COMPLETED = { type: 'completed', seeds: [0, 1], timings: { queuedMs: 0, totalMs: 1 } } as const;

/** A job of two pictures: what happens, in its order; downloads end when the test says so. */
function start(told: readonly WithoutIds<JobEvent>[], options: { isWanted?: (n: number) => boolean } = {}) {
  const log: string[] = [];
  const downloads = [0, 1].map(() => Promise.withResolvers<Uint8Array>());
  const controller = new AbortController();
  const { signal } = controller;
  const reporter: Reporter = {
    event: (event) => log.push('image' in event ? `${event.type} ${event.image}` : event.type),
    saved: (path) => void log.push(`saved ${path}`),
    note: (line) => log.push(line),
    failed: () => {},
    close: () => {},
  };
  const client = {
    async download({ n }: ImageEvent, { signal: own }: { signal?: AbortSignal } = {}) {
      own?.addEventListener('abort', () => downloads[n].reject(own.reason));
      return downloads[n].promise;
    },
    save: async (_: Uint8Array, { n }: ImageEvent) => `${n}.png`,
    ack: () => void log.push('ack'),
  };
  async function* tell(): AsyncGenerator<ClientEvent> {
    for (const [seq, event] of told.entries()) yield { ...event, jobId, seq } as JobEvent;
    if (told.at(-1) !== COMPLETED) throw new SafelightError('CONNECTION_FAILED', 'the link is gone');
  }
  const isWanted = ({ n }: ImageEvent) => options.isWanted?.(n) ?? true;
  const saving = savePictures(tell(), { client, reporter, signal, isWanted });
  saving.catch(() => {}); // each test awaits it
  return { log, downloads, controller, saving };
}

const WHOLE = [
  { type: 'started', seeds: [0, 1] } as const,
  progress(0),
  imageOf(0),
  progress(1),
  imageOf(1),
  COMPLETED,
];

describe('the events of a job', () => {
  test('are reported while its first picture is on its way; the ending and the ack wait for all pictures', async () => {
    const { log, downloads, saving } = start(WHOLE);
    await idle();
    expect(log).toEqual(['started', 'progress 0', 'image', 'progress 1', 'image']);
    downloads[1].resolve(Uint8Array.of(1));
    await idle();
    expect(log).toHaveLength(5);
    downloads[0].resolve(Uint8Array.of(0));
    await saving;
    expect(log.slice(5)).toEqual(['saved 0.png', 'saved 1.png', 'completed', 'ack']);
  });

  test('a picture that is here already is not fetched', async () => {
    const { log, downloads, saving } = start(WHOLE, { isWanted: (n) => n === 1 });
    downloads[1].resolve(Uint8Array.of(1));
    await saving;
    expect(log.filter((line) => line.startsWith('saved'))).toEqual(['saved 1.png']);
  });
});

describe('a picture that is not saved', () => {
  test('is reported at once; the other one is saved, nothing is acknowledged, and the command fails with its code', async () => {
    const { log, downloads, saving } = start(WHOLE);
    downloads[0].reject(new SafelightError('DISK_FULL', 'the disk is full'));
    await idle();
    expect(log).toContain('picture 1 is not saved: the disk is full');
    expect(log).not.toContain('saved 1.png');
    downloads[1].resolve(Uint8Array.of(1));
    await expect(saving).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/^picture 1 .*full/),
    });
    expect(log.at(-1)).toBe('saved 1.png');
    expect(log).not.toContain('ack');
    expect(log).not.toContain('completed');
  });

  test('is the error of a job that has only this one: it is said once', async () => {
    const { log, downloads, saving } = start([{ type: 'started', seeds: [0] }, imageOf(0), COMPLETED]);
    const full = new SafelightError('DISK_FULL', 'the disk is full');
    downloads[0].reject(full);
    await expect(saving).rejects.toBe(full);
    expect(log).toEqual(['started', 'image']);
  });

  test('does not hide why the job itself failed', async () => {
    const failed = { type: 'failed', code: 'OUT_OF_MEMORY', message: 'too large' } as const;
    const { downloads, saving } = start([{ type: 'started', seeds: [0, 1] }, imageOf(0), failed]);
    downloads[0].reject(new SafelightError('BAD_ANSWER', 'damaged'));
    await expect(saving).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
  });
});

test('an abort ends the downloads, and the command with its reason', async () => {
  const { log, controller, saving } = start(WHOLE);
  await idle();
  const reason = new SafelightError('TIMEOUT', 'not done in time');
  controller.abort(reason);
  await expect(saving).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(log.filter((line) => /saved|ack/.test(line))).toEqual([]);
});

test('events that break off: what is being fetched is saved before the command ends', async () => {
  const { log, downloads, saving } = start(WHOLE.slice(0, 4));
  let isOver = false;
  void saving
    .catch(() => {})
    .then(() => {
      isOver = true;
    });
  await idle();
  expect(isOver).toBe(false);
  downloads[0].resolve(Uint8Array.of(0));
  await expect(saving).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  expect(log.at(-1)).toBe('saved 0.png');
});
