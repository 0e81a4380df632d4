/** Pictures are fetched and saved while their job goes on. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { SafelightError } from '../../src/protocol/errors.js';
import { createJobs } from '../../src/tui/jobs.js';
import type { Pictures } from '../../src/tui/pictures.js';
import { createState, type State } from '../../src/tui/state/state.js';
import { createStore } from '../../src/tui/store.js';
import { createFakeClient } from '../support/fake-client.js';

const IMAGE = { sha256: '', bytes: 1, width: 8, height: 8, format: 'png', href: '/x' } as const;
const progress = (image: number, step: number) =>
  ({ type: 'progress', image, step, steps: 4, elapsedMs: step, etaMs: 1 }) as const;
const COMPLETED = { type: 'completed', seeds: [1, 2], timings: { queuedMs: 0, totalMs: 1 } } as const;

/** A job of two pictures, whose downloads end when the test says so. */
function start() {
  const client = createFakeClient();
  const downloads = [0, 1].map(() => Promise.withResolvers<Uint8Array>());
  client.download = async ({ n }, { signal } = {}) => {
    signal?.addEventListener('abort', () => downloads[n].reject(signal.reason));
    return downloads[n].promise;
  };
  const store = createStore(createState({ params: {}, capabilities: client.welcome.capabilities }));
  /** Previews by their picture, finals by their first byte. */
  const shown: string[] = [];
  const show: Pictures['show'] = async (_, picture) => {
    shown.push(picture instanceof Uint8Array ? `final ${picture[0]}` : `preview ${picture.image}`);
  };
  const save = async (_: Uint8Array, { n }: ImageEvent) => `${n}.png`;
  const jobs = createJobs({ client, store, pictures: { show }, save });
  jobs.start({ prompt: 'a lake', count: 2 });
  client.job.tell({ type: 'started', seeds: [1, 2] });
  const job = () => store.getState().jobs[0];
  const reaches = (holds: (state: State) => boolean) => vi.waitFor(() => expect(holds(store.getState())).toBe(true));
  const finish = (n: number) => downloads[n].resolve(Uint8Array.of(n));
  return { client, downloads, finish, store, shown, jobs, job, reaches };
}

const makeBoth = ({ client }: ReturnType<typeof start>) => {
  for (const n of [0, 1]) {
    client.job.tell(progress(n, 4));
    client.job.tell({ type: 'image', n, seed: n + 1, ...IMAGE });
  }
};

test('the bar and the previews of the second picture move while the first is downloaded', async () => {
  const { client, finish, job, shown, reaches, jobs } = start();
  client.job.tell({ type: 'image', n: 0, seed: 1, ...IMAGE });
  client.job.tell(progress(1, 3));
  client.job.preview(2, 2, [1, 2, 3], { image: 1, step: 3 });
  await reaches(() => job().progress?.image === 1 && shown.includes('preview 1'));
  expect(job().results).toEqual([]);
  // It is saved, and does not cover what is newer.
  finish(0);
  await reaches(() => job().results.length === 1);
  client.job.tell({ type: 'image', n: 1, seed: 2, ...IMAGE });
  client.job.tell(COMPLETED);
  finish(1);
  await jobs.settled();
  expect(shown).toEqual(['preview 1', 'final 1']);
});

test('a job is active until all of its pictures are saved, and acknowledged only then', async () => {
  const rig = start();
  makeBoth(rig);
  rig.client.job.tell(COMPLETED);
  rig.finish(1);
  await rig.reaches(() => rig.job().progress?.image === 1);
  expect([rig.job().phase, rig.job().results, rig.client.acked]).toEqual(['active', [], []]);
  rig.finish(0);
  await rig.jobs.settled();
  expect(rig.job()).toMatchObject({ phase: 'completed', results: [{ path: '0.png' }, { path: '1.png' }] });
  expect(rig.client.acked).toEqual([rig.client.job.jobId]);
});

describe('a picture that is not saved', () => {
  test('is reported while the job goes on; the other is saved, and the job fails and is not acknowledged', async () => {
    const rig = start();
    makeBoth(rig);
    rig.downloads[0].reject(new SafelightError('DISK_FULL', 'the disk is full'));
    await rig.reaches(({ notice }) => notice?.text === 'picture 1 is not saved: the disk is full');
    expect(rig.job().phase).toBe('active');
    rig.client.job.tell(COMPLETED);
    rig.finish(1);
    await rig.jobs.settled();
    expect(rig.job()).toMatchObject({
      ...{ phase: 'failed', results: [{ path: '1.png' }] },
      trouble: 'picture 1 is not saved: the disk is full; the other pictures are saved',
    });
    expect(rig.client.acked).toEqual([]);
  });

  test('because the job is broken: what is being fetched is saved before the jobs are settled', async () => {
    const rig = start();
    rig.client.job.tell({ type: 'image', n: 0, seed: 1, ...IMAGE });
    rig.client.job.breakWith(new SafelightError('CONNECTION_FAILED', 'the link is gone'));
    await rig.reaches(() => rig.job().phase === 'failed');
    let isSettled = false;
    const settled = rig.jobs.settled().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    rig.finish(0);
    await settled;
    expect(rig.job()).toMatchObject({ trouble: 'the link is gone', results: [{ path: '0.png' }] });
  });
});

describe('a cancel', () => {
  test('still saves the picture that is finished', async () => {
    const rig = start();
    rig.client.job.tell({ type: 'image', n: 0, seed: 1, ...IMAGE });
    await rig.reaches(() => rig.job().stage === 'saving');
    rig.jobs.cancel(rig.client.job.jobId);
    rig.client.job.tell({ type: 'cancelled' });
    rig.finish(0);
    await rig.jobs.settled();
    expect(rig.job()).toMatchObject({ phase: 'cancelled', results: [{ path: '0.png' }] });
  });

  test('is not held by a download that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const rig = start();
    rig.client.job.tell({ type: 'image', n: 0, seed: 1, ...IMAGE });
    await vi.advanceTimersByTimeAsync(0);
    rig.jobs.cancelAll();
    rig.client.job.tell({ type: 'cancelled' });
    await vi.advanceTimersByTimeAsync(60_000);
    await rig.jobs.settled();
    expect(rig.job()).toMatchObject({ phase: 'cancelled', results: [] });
  });
});

test('jobs that are left to the server are fetched no more, and not acknowledged', async () => {
  const rig = start();
  makeBoth(rig);
  rig.client.job.tell(COMPLETED);
  await rig.reaches(() => rig.job().progress?.image === 1);
  rig.jobs.leave();
  await rig.jobs.settled();
  await expect(rig.downloads[0].promise).rejects.toMatchObject({ code: 'CANCELLED' });
  await new Promise((resolve) => setImmediate(resolve));
  expect([rig.job().results, rig.client.acked]).toEqual([[], []]);
});
