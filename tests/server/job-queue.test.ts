import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import type { JobEvent } from '../../src/protocol/messages.js';
import type { Job } from '../../src/server/job.js';
import { fakeBytes } from '../support/fake-engine.js';
import { createServerRig, toParams } from '../support/server-rig.js';

async function toEnd(job: Job): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of job.subscribe(0, new AbortController().signal)) events.push(event);
  return events;
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
    expect(first.toSnapshot('e').error?.message).toContain('SIGKILL');
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
    const { queue, engine } = await createServerRig({ maxQueue: 2 });
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
    expect(waiting.state).toBe('cancelled');
    engine.allow(2);
    await toEnd(running);
    expect((await toEnd(waiting)).filter(({ type }) => type === 'cancelled').length).toBe(1);
    expect(engine.runs).toEqual([running.id]);
  });

  it('ends a running job between two steps, and the next starts', async () => {
    const { queue, engine } = await createServerRig({ steps: 1 });
    const running = queue.submit(randomUUID(), toParams({ steps: 50 })).job;
    const next = queue.submit(randomUUID(), toParams()).job;
    await vi.waitFor(() => expect(running.toSnapshot('e').progress).toMatchObject({ step: 1, steps: 50 }));
    queue.cancel(running.id);
    expect((await toEnd(running)).at(-1)).toMatchObject({ type: 'cancelled' });
    engine.allow(2);
    expect((await toEnd(next)).at(-1)).toMatchObject({ type: 'completed' });
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
      job.acknowledged = i === 1;
    }
    const kept = [jobs[2], jobs[3]];
    await vi.waitFor(() => expect(queue.list()).toEqual(kept));
    const files = kept.map(({ id }) => `${id}-0.png`).sort();
    await vi.waitFor(async () => expect((await readdir(join(dataDir, 'images'))).sort()).toEqual(files));
  });
});

it('ends every job as failed when it closes', async () => {
  const { queue } = await createServerRig();
  const running = queue.submit(randomUUID(), toParams()).job;
  const waiting = queue.submit(randomUUID(), toParams()).job;
  await queue.close();
  for (const job of [running, waiting]) {
    expect((await toEnd(job)).at(-1)).toMatchObject({ type: 'failed', code: 'SHUTTING_DOWN' });
  }
  expect(codeOf(() => queue.submit(randomUUID(), toParams()))).toBe('SHUTTING_DOWN');
});
