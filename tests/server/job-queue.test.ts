import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import type { JobEvent } from '../../src/protocol/messages.js';
import type { Job, SnapshotEvent } from '../../src/server/job.js';
import type { JobStateFile } from '../../src/server/job-store.js';
import { fakeBytes } from '../support/fake-engine.js';
import { createServerRig, toParams } from '../support/server-rig.js';

async function toEnd(job: Job): Promise<(JobEvent | SnapshotEvent)[]> {
  const events: (JobEvent | SnapshotEvent)[] = [];
  for await (const event of job.subscribe(0, new AbortController().signal)) events.push(event);
  return events;
}

/** At this very moment. */
function readState(dataDir: string, jobId: string): JobStateFile {
  return JSON.parse(readFileSync(join(dataDir, 'jobs', `${jobId}.state.json`), 'utf8'));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SafelightError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

it('goes to the model that was asked for, by that model’s rules', async () => {
  const { queue, engine } = await createServerRig({ steps: 4 });
  await toEnd(queue.submit(randomUUID(), toParams({ width: 264 })).job);
  await toEnd(queue.submit(randomUUID(), toParams({ model: 'second' })).job);
  expect(engine.models).toEqual(['/models/fake', '/models/second']);
  expect(codeOf(() => queue.submit(randomUUID(), toParams({ model: 'second', width: 264 })))).toBe('INVALID_PARAMS');
});

describe('a job', () => {
  it('runs to completed, with each picture on the disk before it is announced', async () => {
    const { queue, dataDir } = await createServerRig({ steps: 4 });
    const id = randomUUID();
    const { job } = queue.submit(id, toParams({ seed: 2 ** 32 - 1, count: 2 }));
    const onDisk: string[][] = [];
    for await (const event of job.subscribe(0, new AbortController().signal)) {
      if (event.type === 'image') onDisk.push(await readdir(join(dataDir, 'images')));
    }
    const events = await toEnd(job);
    expect(events.map(({ type }) => type)).toEqual([
      ...['queued', 'started', 'stage', 'progress', 'progress', 'image', 'progress', 'progress', 'image', 'completed'],
    ]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events[1]).toMatchObject({ seeds: [2 ** 32 - 1, 0] });
    expect(events[8]).toMatchObject({ n: 1, seed: 0, href: `/jobs/${id}/images/1`, format: 'png' });
    expect(events[9]).toMatchObject({ timings: { queuedMs: expect.any(Number), totalMs: expect.any(Number) } });
    expect(onDisk[0]).toContain(`${id}-0.png`);
    expect(await readFile(join(dataDir, 'images', `${id}-1.png`))).toEqual(Buffer.from(fakeBytes(id, 1)));
    expect((await readdir(join(dataDir, 'images'))).sort()).toEqual([`${id}-0.png`, `${id}-1.png`]);
  });

  it('ends as failed with the code of what broke, and the next one works', async () => {
    const { queue, engine } = await createServerRig({ steps: 0 });
    const first = queue.submit(randomUUID(), toParams()).job;
    const second = queue.submit(randomUUID(), toParams()).job;
    engine.breakWith(new SafelightError('ENGINE_FAILED', 'the engine process was ended by SIGKILL'));
    expect((await toEnd(first)).at(-1)).toMatchObject({ type: 'failed', code: 'ENGINE_FAILED' });
    engine.allow(2);
    expect((await toEnd(second)).at(-1)).toMatchObject({ type: 'completed' });
    expect(first.toSnapshot().error?.message).toContain('SIGKILL');
  });

  it('shows nothing of a bug but keeps it for the log', async () => {
    const { queue, engine, lines } = await createServerRig();
    const { job } = queue.submit(randomUUID(), toParams());
    engine.breakWith(new Error('secret path /root'));
    const last = (await toEnd(job)).at(-1);
    expect(last).toMatchObject({ type: 'failed', code: 'INTERNAL' });
    expect(JSON.stringify(last)).not.toContain('secret');
    expect(lines.join()).toContain('secret path');
  });
});

describe('submit', () => {
  it('is idempotent, also where the seed is random, and refuses other parameters', async () => {
    const { queue, engine } = await createServerRig();
    const id = randomUUID();
    const first = queue.submit(id, toParams());
    const again = queue.submit(id, toParams());
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.job).toBe(first.job);
    expect(codeOf(() => queue.submit(id, toParams({ steps: 3 })))).toBe('CONFLICT');
    engine.allow(2);
    await toEnd(first.job);
    expect(queue.submit(id, toParams()).job.state).toBe('completed');
    expect(engine.runs).toEqual([id]);
  });

  it('refuses what the model cannot do and keeps no job of it', async () => {
    const { queue } = await createServerRig();
    expect(codeOf(() => queue.submit(randomUUID(), toParams({ model: 'other' })))).toBe('MODEL_NOT_FOUND');
    expect(queue.list()).toEqual([]);
  });

  it('tells each waiting job its place, and refuses one too many', async () => {
    const { queue, engine } = await createServerRig({ limits: { queue: 2 } });
    const [running, next, last] = [1, 2, 3].map(() => queue.submit(randomUUID(), toParams()).job);
    expect(codeOf(() => queue.submit(randomUUID(), toParams()))).toBe('QUEUE_FULL');
    expect([running.state, next.position, last.position]).toEqual(['running', 0, 1]);
    engine.allow(2);
    await toEnd(running);
    await vi.waitFor(() => expect(last.position).toBe(0));
    engine.allow(4);
    expect((await toEnd(last)).filter(({ type }) => type === 'queued')).toMatchObject([
      { position: 1 },
      { position: 0 },
    ]);
    expect(engine.runs).toEqual([running.id, next.id, last.id]);
  });
});

describe('cancel', () => {
  it('ends a waiting job at once and it is never run', async () => {
    const { queue, engine } = await createServerRig();
    const running = queue.submit(randomUUID(), toParams()).job;
    const waiting = queue.submit(randomUUID(), toParams()).job;
    queue.cancel(waiting.id);
    queue.cancel(waiting.id);
    expect((await toEnd(waiting)).at(-1)).toMatchObject({ type: 'cancelled' });
    expect(running.state).toBe('running');
    engine.allow(2);
    await toEnd(running);
    expect((await toEnd(waiting)).filter(({ type }) => type === 'cancelled').length).toBe(1);
    expect(engine.runs).toEqual([running.id]);
  });

  it('of a waiting job moves up those behind it, who are told', async () => {
    const { queue } = await createServerRig();
    const [, first, second, third] = [0, 1, 2, 3].map(() => queue.submit(randomUUID(), toParams()).job);
    const positions: number[] = [];
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    void (async () => {
      for await (const event of third.subscribe(0, leaving.signal))
        if (event.type === 'queued') positions.push(event.position);
    })();
    queue.cancel(second.id);
    expect([first.position, third.position]).toEqual([0, 1]);
    queue.cancel(first.id);
    expect(third.position).toBe(0);
    await vi.waitFor(() => expect(positions).toEqual([2, 1, 0]));
  });

  it('ends a running job between two steps, and the next starts', async () => {
    const { queue, engine } = await createServerRig({ steps: 1 });
    const running = queue.submit(randomUUID(), toParams({ steps: 50 })).job;
    const next = queue.submit(randomUUID(), toParams()).job;
    await vi.waitFor(() => expect(running.toSnapshot().progress).toMatchObject({ step: 1, steps: 50 }));
    queue.cancel(running.id);
    expect((await toEnd(running)).at(-1)).toMatchObject({ type: 'cancelled' });
    engine.allow(2);
    expect((await toEnd(next)).at(-1)).toMatchObject({ type: 'completed' });
  });

  it('is on the disk before it is told, and stays there when the job is acknowledged meanwhile', async () => {
    const { queue, dataDir } = await createServerRig();
    queue.submit(randomUUID(), toParams());
    const waiting = queue.submit(randomUUID(), toParams()).job;
    queue.cancel(waiting.id);
    queue.acknowledge(waiting.id);
    await toEnd(waiting);
    expect(readState(dataDir, waiting.id).ending).toEqual({ type: 'cancelled' });
    await vi.waitFor(() => expect(readState(dataDir, waiting.id).acknowledged).toBe(true));
    expect(readState(dataDir, waiting.id).ending).toEqual({ type: 'cancelled' });
  });

  it('changes nothing of a job that has ended, and knows no others', async () => {
    const { queue } = await createServerRig({ steps: 2 });
    const { job } = queue.submit(randomUUID(), toParams());
    await toEnd(job);
    expect(queue.cancel(job.id).state).toBe('completed');
    expect(codeOf(() => queue.cancel(randomUUID()))).toBe('NOT_FOUND');
  });
});

describe('what has ended', () => {
  it('is forgotten with its files, the acknowledged first, then the oldest', async () => {
    const { queue, dataDir } = await createServerRig({ steps: 100, maxEndedJobs: 2 });
    const jobs: Job[] = [];
    for (let i = 0; i < 4; i++) {
      const { job } = queue.submit(randomUUID(), toParams());
      jobs.push(job);
      await toEnd(job);
      if (i === 1) queue.acknowledge(job.id);
    }
    const kept = [jobs[2], jobs[3]];
    await vi.waitFor(() => expect(queue.list()).toEqual(kept));
    const files = kept.map(({ id }) => `${id}-0.png`).sort();
    await vi.waitFor(async () => expect((await readdir(join(dataDir, 'images'))).sort()).toEqual(files));
  });
});

describe('room on the disk', () => {
  it('is made by forgetting the acknowledged first, and never what has not ended', async () => {
    const { queue, engine } = await createServerRig({
      steps: 6,
      limits: { imageBytes: 3 * fakeBytes(randomUUID(), 0).length },
    });
    const jobs = Array.from({ length: 3 }, () => queue.submit(randomUUID(), toParams()).job);
    await Promise.all(jobs.map(toEnd));
    queue.acknowledge(jobs[1].id);
    expect(queue.list()).toEqual(jobs);
    const running = queue.submit(randomUUID(), toParams({ count: 2 })).job;
    engine.allow(4);
    await toEnd(running);
    await vi.waitFor(() => expect(queue.list()).toEqual([jobs[2], running]));
  });
});

it('an acknowledged job is forgotten before an older one that nobody has fetched', async () => {
  const { queue, engine } = await createServerRig({ steps: 4, maxEndedJobs: 2 });
  const [older, newer] = [1, 2].map(() => queue.submit(randomUUID(), toParams()).job);
  await Promise.all([older, newer].map(toEnd));
  queue.acknowledge(newer.id);
  const last = queue.submit(randomUUID(), toParams()).job;
  engine.allow(2);
  await toEnd(last);
  await vi.waitFor(() => expect(queue.list()).toEqual([older, last]));
});

describe('close', () => {
  it('ends what nobody would wait for as failed, and refuses new jobs', async () => {
    const { queue } = await createServerRig();
    const [running, waiting] = [1, 2].map(() => queue.submit(randomUUID(), toParams(), { isDurable: false }).job);
    await queue.close();
    for (const job of [running, waiting]) {
      expect((await toEnd(job)).at(-1)).toMatchObject({ type: 'failed', code: 'SHUTTING_DOWN' });
    }
    expect(codeOf(() => queue.submit(randomUUID(), toParams()))).toBe('SHUTTING_DOWN');
  });

  it('refuses to cancel what is left to the next server', async () => {
    const { queue } = await createServerRig();
    const { job } = queue.submit(randomUUID(), toParams());
    await queue.close();
    expect(codeOf(() => queue.cancel(job.id))).toBe('SHUTTING_DOWN');
  });

  it('leaves the others to the next server, which makes them with the same seeds, in their order', async () => {
    const first = await createServerRig({ steps: 1 });
    const params = [1, 2, 3].map((count) => toParams({ count, initImage: count === 2 ? 'aGk=' : undefined }));
    const left = params.map((each) => first.queue.submit(randomUUID(), each).job);
    await vi.waitFor(() => expect(left[0].toSnapshot().progress).toMatchObject({ step: 1 }));
    await first.queue.close();
    expect(left.map(({ ended }) => ended)).toEqual([false, false, false]);

    const next = await createServerRig({ dataDir: first.dataDir });
    expect(next.queue.list().map(({ id, state, position }) => ({ id, state, position }))).toEqual([
      { id: left[0].id, state: 'running', position: 0 },
      { id: left[1].id, state: 'queued', position: 0 },
      { id: left[2].id, state: 'queued', position: 1 },
    ]);
    next.engine.allow(2 + 4 + 6);
    for (const [i, job] of next.queue.list().entries()) {
      expect((await toEnd(job)).at(-1)).toMatchObject({ type: 'completed', seeds: left[i].seeds });
      expect(next.queue.submit(job.id, params[i])).toMatchObject({ created: false, job });
    }
    expect(next.engine.runs).toEqual(left.map(({ id }) => id));
  });
});

describe('a job that a stopping server left in the middle', () => {
  it('has lost no attempt: it is made however often servers stop', async () => {
    let rig = await createServerRig();
    const { job, stored } = rig.queue.submit(randomUUID(), toParams());
    await stored;
    for (let stop = 1; stop <= 5; stop++) {
      await vi.waitFor(() => expect(readState(rig.dataDir, job.id).attempts).toBe(1));
      await rig.queue.close();
      expect(readState(rig.dataDir, job.id)).toMatchObject({ attempts: 0, images: [] });
      rig = await createServerRig({ dataDir: rig.dataDir });
    }
    rig.engine.allow(2);
    expect((await toEnd(rig.queue.get(job.id))).at(-1)).toMatchObject({ type: 'completed', seeds: job.seeds });
  });

  it('keeps the attempts that servers died of', async () => {
    const first = await createServerRig();
    const { job, stored } = first.queue.submit(randomUUID(), toParams());
    await stored;
    await vi.waitFor(() => expect(readState(first.dataDir, job.id).attempts).toBe(1));
    const second = await createServerRig({ dataDir: first.dataDir });
    await vi.waitFor(() => expect(readState(first.dataDir, job.id).attempts).toBe(2));
    await second.queue.close();
    expect(readState(first.dataDir, job.id).attempts).toBe(1);
  });
});

describe('after the server was killed', () => {
  /** The first server is left as it is: what it has not written by now is lost. */
  async function killAndRestart(dataDir: string) {
    return createServerRig({ dataDir, steps: 100 });
  }

  it('a job in the middle is made again, and pictures, endings and acknowledgements are known', async () => {
    const { queue, engine, dataDir } = await createServerRig({ steps: 2 });
    const done = queue.submit(randomUUID(), toParams()).job;
    await toEnd(done);
    queue.acknowledge(done.id);
    const cancelled = queue.submit(randomUUID(), toParams()).job;
    const waiting = queue.submit(randomUUID(), toParams());
    queue.cancel(cancelled.id);
    await toEnd(cancelled);
    await waiting.stored;
    await vi.waitFor(() => expect(waiting.job.attempts).toBe(1));
    engine.allow(1);
    await vi.waitFor(() => expect(waiting.job.toSnapshot().progress?.step).toBe(1));

    const next = await killAndRestart(dataDir);
    const again = next.queue.get(done.id);
    expect(again).toMatchObject({ state: 'completed', acknowledged: true, images: done.images });
    const events = await toEnd(again);
    expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'image', 'completed']);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(next.queue.get(cancelled.id).state).toBe('cancelled');
    const made = next.queue.get(waiting.job.id);
    expect((await toEnd(made)).at(-1)).toMatchObject({ type: 'completed', seeds: waiting.job.seeds });
    expect(made.attempts).toBe(2);
  });

  it('knows all that was told: it was on the disk before', async () => {
    const { queue, dataDir } = await createServerRig({ steps: 4 });
    const { job } = queue.submit(randomUUID(), toParams({ count: 2 }));
    const onDisk: unknown[] = [];
    for await (const { type } of job.subscribe(0, new AbortController().signal)) {
      if (type !== 'image' && type !== 'completed') continue;
      const { images, ending } = readState(dataDir, job.id);
      onDisk.push([type, images.length, ending?.type]);
    }
    expect(onDisk).toEqual([
      ['image', 1, undefined],
      ['image', 2, undefined],
      ['completed', 2, 'completed'],
    ]);
  });

  it('the pictures of a job in the middle are there, stay as they were announced, and are told once', async () => {
    const { queue, dataDir } = await createServerRig({ steps: 3 });
    const { job } = queue.submit(randomUUID(), toParams({ count: 2 }));
    await vi.waitFor(() => expect(job.toSnapshot().progress).toMatchObject({ image: 1, step: 1 }));

    const next = await createServerRig({ dataDir });
    const again = next.queue.get(job.id);
    expect(again.images).toEqual(job.images);
    again.wantPreviews(() => ({ maxWidth: 8, maxHeight: 8, format: 'rgb', maxPerSecond: 1 }));
    await vi.waitFor(() => expect(next.engine.runs).toEqual([job.id]));
    await writeFile(join(dataDir, 'images', `${job.id}-0.png`), 'as announced');
    next.engine.allow(1);
    await vi.waitFor(() => expect(again.toSnapshot().progress).toMatchObject({ image: 0, step: 1 }));
    expect(again.preview).toBeUndefined();
    next.engine.allow(3);
    const told = (await toEnd(again)).map((event) => (event.type === 'image' ? event.n : event.type));
    expect(told.filter((each) => each !== 'progress')).toEqual(['queued', 0, 'started', 'stage', 1, 'completed']);
    expect(await readFile(join(dataDir, 'images', `${job.id}-0.png`), 'utf8')).toBe('as announced');
  });

  it('a job in the middle that is cancelled then keeps its pictures', async () => {
    const { queue, dataDir } = await createServerRig({ steps: 2 });
    const { job } = queue.submit(randomUUID(), toParams({ count: 2 }));
    await vi.waitFor(() => expect(job.images.length).toBe(1));
    const next = await createServerRig({ dataDir });
    next.queue.cancel(job.id);
    await toEnd(next.queue.get(job.id));
    const last = await killAndRestart(dataDir);
    expect(last.queue.get(job.id)).toMatchObject({ state: 'cancelled', images: job.images });
    expect(await readdir(join(dataDir, 'images'))).toEqual([`${job.id}-0.png`]);
  });

  it('three times by one job, that job is not tried again', async () => {
    let rig = await createServerRig();
    const { job, stored } = rig.queue.submit(randomUUID(), toParams());
    await stored;
    for (let attempt = 1; attempt <= 3; attempt++) {
      await vi.waitFor(() => expect(rig.engine.runs).toEqual([job.id]));
      rig = await createServerRig({ dataDir: rig.dataDir });
    }
    expect(rig.engine.runs).toEqual([]);
    const [last] = rig.queue.list();
    expect(last.error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('3 times') });
  });

  it('a job whose model is gone fails, a damaged file is told, half files and strays are removed', async () => {
    const { queue, dataDir, engine } = await createServerRig();
    const { job, stored } = queue.submit(randomUUID(), toParams({ model: 'second' }));
    await stored;
    await vi.waitFor(() => expect(engine.runs).toEqual([job.id]));
    const state = join(dataDir, 'jobs', `${job.id}.state.json`);
    await writeFile(state, (await readFile(state, 'utf8')).replace('"modelId":"second"', '"modelId":"third"'));
    await writeFile(join(dataDir, 'jobs', `${randomUUID()}.state.json`), '{"jobId":');
    for (const name of [`${job.id}.state.json.part`, `${randomUUID()}.request.json`])
      await writeFile(join(dataDir, 'jobs', name), 'never accepted');
    await writeFile(join(dataDir, 'images', `${job.id}-0.png.part`), 'half');
    await writeFile(join(dataDir, 'images', `${randomUUID()}-0.png`), 'stray');
    const next = await killAndRestart(dataDir);
    expect(next.queue.list().map(({ error }) => error?.code)).toEqual(['MODEL_NOT_FOUND']);
    expect(next.lines).toEqual([expect.stringContaining('a stored job is left out')]);
    expect(await readdir(join(dataDir, 'images'))).toEqual([]);
    const states = (await readdir(join(dataDir, 'jobs'))).map((name) => name.replace(/^[^.]*/, ''));
    expect(states).toEqual(['.state.json', '.state.json']);
  });
});

it('a job that cannot be written down fails with the reason', async () => {
  const { queue, dataDir, engine } = await createServerRig({ steps: 2 });
  await rm(join(dataDir, 'jobs'), { recursive: true });
  const { job, stored } = queue.submit(randomUUID(), toParams());
  await expect(stored).rejects.toThrow('could not write the job to its data folder (ENOENT)');
  expect((await toEnd(job)).at(-1)).toMatchObject({ type: 'failed', message: expect.stringContaining('ENOENT') });
  expect(engine.runs).toEqual([]);
});
