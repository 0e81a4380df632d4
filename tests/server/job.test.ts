import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { JobEvent } from '../../src/protocol/messages.js';
import { hashParams, Job, type SnapshotEvent } from '../../src/server/job.js';
import { toParams } from '../support/server-rig.js';

const ID = '6d4a2c52-3a53-4f0f-8b3a-0d1f6f0a9b11';
const IDENTITY = { id: ID, paramsHash: 'hash', seeds: [7], modelId: 'fake', submittedAt: 0, isDurable: true };
const picture = { width: 1, height: 1, pixels: new Uint8Array(3) };
const WISH = { maxWidth: 8, maxHeight: 8, format: 'rgb', maxPerSecond: 4 } as const;

type Told = JobEvent | SnapshotEvent;

async function readAll(job: Job, afterSeq: number, into: Told[] = []): Promise<Told[]> {
  for await (const event of job.subscribe(afterSeq, new AbortController().signal)) into.push(event);
  return into;
}

function createJob(maxLogEvents?: number): Job {
  const job = new Job(IDENTITY, maxLogEvents);
  job.append({ type: 'queued', position: 0 });
  job.append({ type: 'started', seeds: [7] });
  return job;
}

describe('the event log', () => {
  it('numbers from 1 without a gap and replays, then goes on live, each event once', async () => {
    const job = createJob();
    const early = readAll(job, 0);
    const late = readAll(job, 1);
    await Promise.resolve();
    job.append({ type: 'stage', name: 'encode' });
    job.append({ type: 'cancelled' });
    expect((await early).map((event) => [event.seq, event.type])).toEqual([
      [1, 'queued'],
      [2, 'started'],
      [3, 'stage'],
      [4, 'cancelled'],
    ]);
    expect((await late).map((event) => event.seq)).toEqual([2, 3, 4]);
    expect((await readAll(job, 4)).length).toBe(0);
  });

  it('takes nothing after the event that ends the job', () => {
    const job = createJob();
    job.append({ type: 'cancelled' });
    expect(() => job.append({ type: 'completed', seeds: [7], timings: { queuedMs: 0, totalMs: 0 } })).toThrow('ended');
    expect(job.state).toBe('cancelled');
  });

  it('lets a watcher leave a job that goes on', async () => {
    const job = createJob();
    const leaving = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of job.subscribe(0, leaving.signal)) {
        seen.push(event.seq);
        if (event.seq === 2) leaving.abort();
      }
    })();
    await reading;
    job.append({ type: 'cancelled' });
    expect(seen).toEqual([1, 2]);
  });
});

const step = (step: number) => ({ type: 'progress' as const, image: 0, step, steps: 9, elapsedMs: step, etaMs: 0 });
const image = {
  ...{ type: 'image' as const, n: 0, seed: 7, sha256: 'aa', bytes: 3, width: 8, height: 8 },
  ...{ format: 'png' as const, href: '/jobs/x/images/0' },
};

describe('a log that no longer reaches back', () => {
  it('is stood for by one snapshot, and goes on from there', async () => {
    const job = createJob(3);
    for (let i = 1; i <= 4; i++) job.append(step(i));
    job.append(image);
    const reading = readAll(job, 0);
    await vi.waitFor(() => expect(job.seq).toBe(7));
    job.append(step(5));
    job.append({ type: 'cancelled' });
    const [snapshot, ...rest] = await reading;
    expect(snapshot).toMatchObject({ type: 'snapshot', seq: 7, state: 'running', images: [{ n: 0, sha256: 'aa' }] });
    expect(snapshot).toMatchObject({ progress: { image: 0, step: 4, steps: 9, elapsedMs: 4, etaMs: 0 } });
    expect(rest.map(({ seq, type }) => [seq, type])).toEqual([
      [8, 'progress'],
      [9, 'cancelled'],
    ]);
  });

  it('by one event is a gap; a reader who has all but what is kept misses nothing', async () => {
    const job = createJob(3);
    for (let i = 1; i <= 3; i++) job.append(step(i));
    job.append({ type: 'cancelled' });
    // Of 6 events 4, 5 and 6 are kept.
    const told = async (afterSeq: number) => (await readAll(job, afterSeq)).map(({ seq, type }) => `${seq} ${type}`);
    expect(await told(1)).toEqual(['5 snapshot', '6 cancelled']);
    expect(await told(2)).toEqual(['5 snapshot', '6 cancelled']);
    expect(await told(3)).toEqual(['4 progress', '5 progress', '6 cancelled']);
    expect(await told(4)).toEqual(['5 progress', '6 cancelled']);
  });

  it('still ends with the ending itself', async () => {
    const job = createJob(1);
    job.append({ type: 'cancelled' });
    expect((await readAll(job, 0)).map(({ seq, type }) => [seq, type])).toEqual([
      [2, 'snapshot'],
      [3, 'cancelled'],
    ]);
    expect((await readAll(job, 2)).map(({ type }) => type)).toEqual(['cancelled']);
  });

  it('also while somebody reads it slowly', async () => {
    const job = createJob(2);
    const seen: string[] = [];
    for await (const event of job.subscribe(1, new AbortController().signal)) {
      seen.push(event.type);
      if (event.type !== 'started') continue;
      for (let i = 1; i <= 4; i++) job.append(step(i));
      job.append({ type: 'cancelled' });
    }
    expect(seen).toEqual(['started', 'snapshot', 'cancelled']);
  });
});

describe('a reader that is late', () => {
  it('is spared what was overtaken meanwhile, but no picture and no ending', async () => {
    const job = createJob();
    const seen: Told[] = [];
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    for await (const event of job.subscribe(1, new AbortController().signal)) {
      seen.push(event);
      if (event.type !== 'started') continue;
      for (let i = 1; i <= 3; i++) job.append(step(i));
      job.append(image);
      for (let i = 4; i <= 5; i++) job.append(step(i));
      job.append({ type: 'cancelled' });
      now.mockReturnValue(10_000);
    }
    expect(seen.map(({ type, seq }) => [type, seq])).toEqual([
      ['started', 2],
      ['image', 6],
      ['progress', 8],
      ['cancelled', 9],
    ]);
  });

  it('is told the notes, which are told this once only', async () => {
    const job = createJob();
    const seen: Told[] = [];
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    for await (const event of job.subscribe(1, new AbortController().signal)) {
      seen.push(event);
      if (event.type !== 'started') continue;
      job.append({ type: 'stage', name: 'encode', notes: ['The mask is all white.'] });
      job.append({ type: 'stage', name: 'encode' });
      job.append({ type: 'stage', name: 'denoise' });
      job.append({ type: 'cancelled' });
      now.mockReturnValue(10_000);
    }
    expect(seen.map(({ seq }) => seq)).toEqual([2, 3, 5, 6]);
    expect(seen[1]).toMatchObject({ type: 'stage', notes: ['The mask is all white.'] });
  });

  it('a little is told everything', async () => {
    const job = createJob();
    const seen: number[] = [];
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    for await (const event of job.subscribe(1, new AbortController().signal)) {
      seen.push(event.seq);
      if (event.type !== 'started') continue;
      for (let i = 1; i <= 3; i++) job.append(step(i));
      job.append({ type: 'cancelled' });
      now.mockReturnValue(50);
    }
    expect(seen).toEqual([2, 3, 4, 5, 6]);
  });

  it('because it was away is told everything, however old it is', async () => {
    const job = createJob();
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    for (let i = 1; i <= 9; i++) job.append(step(i));
    job.append({ type: 'cancelled' });
    now.mockReturnValue(10_000);
    expect((await readAll(job, 2)).map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});

describe('previews', () => {
  it('are not numbered, carry the seq of the newest event, and the newest wins', () => {
    const job = createJob();
    job.setPreview({ image: 0, step: 1, picture });
    job.setPreview({ image: 0, step: 2, picture });
    expect(job.seq).toBe(2);
    expect(job.preview).toMatchObject({ seq: 2, step: 2 });
  });

  it('go when their picture is there, and those of the next one come', () => {
    const job = createJob();
    job.setPreview({ image: 0, step: 1, picture });
    job.append(image);
    expect(job.preview).toBeUndefined();
    job.setPreview({ image: 1, step: 1, picture });
    expect(job.preview).toMatchObject({ seq: 3, image: 1 });
  });

  it('go when the job has ended', () => {
    const job = createJob();
    job.setPreview({ image: 0, step: 1, picture });
    job.append({ type: 'cancelled' });
    expect(job.preview).toBeUndefined();
    job.setPreview({ image: 0, step: 2, picture });
    expect(job.preview).toBeUndefined();
  });

  it('are wanted as often as the most eager watcher says', () => {
    const job = createJob();
    expect(job.previewRate()).toBe(0);
    const stop = job.wantPreviews(() => ({ ...WISH, maxPerSecond: 8 }));
    job.wantPreviews(() => ({ ...WISH, maxPerSecond: 2 }));
    job.wantPreviews(() => undefined);
    expect(job.previewRate()).toBe(8);
    stop();
    expect(job.previewRate()).toBe(2);
  });

  it('cost what encoding them for all did, and about as much again for the next', () => {
    const job = createJob();
    expect(job.previewEncodeMs()).toBe(0);
    job.wantPreviews(() => WISH);
    const one = job.previewEncodeMs();
    expect(one).toBeGreaterThan(0);
    job.wantPreviews(() => ({ ...WISH, maxPerSecond: 1 }));
    expect(job.previewEncodeMs()).toBe(one);
    job.wantPreviews(() => ({ ...WISH, format: 'png' }));
    expect(job.previewEncodeMs()).toBe(2 * one);
    for (const step of [1, 2]) job.setPreview({ image: 0, step, picture });
    for (const ms of [10, 20]) job.addPreviewEncoding(ms);
    expect(job.previewEncodeMs()).toBe(30 + 15);
  });
});

describe('hashParams', () => {
  it('is the same for two ways to say one thing, and another for another', () => {
    const hash = hashParams(toParams({ prompt: 'a lake', steps: 2 }));
    expect(hashParams(toParams({ steps: 2, width: 512, prompt: 'a lake' }))).toBe(hash);
    expect(hashParams(toParams({ prompt: 'a lake', steps: 2, seed: 1 }))).not.toBe(hash);
  });
});

it('a job keeps its notes for its state', () => {
  const job = createJob();
  expect([job.notes, job.toSnapshot().notes]).toEqual([undefined, undefined]);
  job.append({ type: 'stage', name: 'encode', notes: ['one'] });
  job.append({ type: 'stage', name: 'encode' });
  expect([job.notes, job.toSnapshot().notes]).toEqual([['one'], ['one']]);
});
