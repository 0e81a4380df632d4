import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../src/protocol/messages.js';
import { hashParams, Job } from '../../src/server/job.js';
import { toParams } from '../support/server-rig.js';

const ID = '6d4a2c52-3a53-4f0f-8b3a-0d1f6f0a9b11';
const picture = { width: 1, height: 1, pixels: new Uint8Array(3) };

async function readAll(job: Job, afterSeq: number, into: JobEvent[] = []): Promise<JobEvent[]> {
  for await (const event of job.subscribe(afterSeq, new AbortController().signal)) into.push(event);
  return into;
}

function createJob(): Job {
  const job = new Job(ID, 'hash', [7]);
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

describe('previews', () => {
  it('are not numbered, carry the seq of the newest event, and the newest wins', () => {
    const job = createJob();
    job.setPreview({ image: 0, step: 1, picture });
    job.setPreview({ image: 0, step: 2, picture });
    expect(job.seq).toBe(2);
    expect(job.preview).toMatchObject({ seq: 2, step: 2 });
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
    const stop = job.wantPreviews(() => 8);
    job.wantPreviews(() => 2);
    expect(job.previewRate()).toBe(8);
    stop();
    expect(job.previewRate()).toBe(2);
  });
});

describe('hashParams', () => {
  it('is the same for two ways to say one thing, and another for another', () => {
    const hash = hashParams(toParams({ prompt: 'a lake', steps: 2 }));
    expect(hashParams(toParams({ steps: 2, width: 512, prompt: 'a lake' }))).toBe(hash);
    expect(hashParams(toParams({ prompt: 'a lake', steps: 2, seed: 1 }))).not.toBe(hash);
  });
});
