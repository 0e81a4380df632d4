import { describe, expect, test } from 'vitest';
import type { ClientEvent } from '../../src/client/client.js';
import { createWatchedJob } from '../../src/client/watched-job.js';
import { MAX_INBOUND_FRAME_BYTES, type SnapshotMessage } from '../../src/protocol/messages.js';

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const image = (n: number) =>
  ({ n, seed: n, sha256: 'aa', bytes: 3, width: 8, height: 8, format: 'png', href: '/x' }) as const;
const progress = { image: 1, step: 2, steps: 4, elapsedMs: 20, etaMs: 20 };

/** All that was told so far. */
async function told(job: ReturnType<typeof createWatchedJob>): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  job.inbox.fail(new Error('no more'));
  try {
    for (;;) events.push(await job.inbox.next());
  } catch {
    return events;
  }
}

const snapshot = (more: Partial<SnapshotMessage>): SnapshotMessage => ({
  ...{ type: 'snapshot', jobId, epoch: 'e', seq: 9, state: 'running', seeds: [0, 1], images: [image(0)], ...more },
});

describe('a snapshot', () => {
  test.each([
    ['of a running job', { progress }, ['started', 'image 0', 'progress 1']],
    ['before its first step', { images: [] }, ['started']],
    ['of a waiting job that has pictures from before', { state: 'queued', position: 3 }, ['queued', 'image 0']],
    [
      'of one that ended: the ending itself follows',
      { state: 'completed', progress },
      ['started', 'image 0', 'progress 1'],
    ],
  ] as const)('%s stands for the events that are missing', async (_, more, expected) => {
    const job = createWatchedJob(jobId, { prompt: 'a lake' });
    job.hear(snapshot(more as Partial<SnapshotMessage>));
    const events = await told(job);
    const words = events.map((event) => {
      if (event.type === 'image') return `image ${event.n}`;
      return event.type === 'progress' ? `progress ${event.image}` : event.type;
    });
    expect(words).toEqual(expected);
    expect(job.seq).toBe(9);
    for (const event of events) expect(event).toMatchObject({ jobId, seq: 9 });
  });

  test('tells no picture twice, and what comes after it follows', async () => {
    const job = createWatchedJob(jobId, { prompt: 'a lake' });
    job.hear({ type: 'image', jobId, seq: 3, ...image(0) });
    job.hear(snapshot({ images: [image(0), image(1)] }));
    job.hear({ type: 'stage', jobId, seq: 9, name: 'decode' }); // it is in the snapshot already
    job.hear({ type: 'cancelled', jobId, seq: 10 });
    const events = await told(job);
    expect(events.flatMap((event) => (event.type === 'image' ? event.n : []))).toEqual([0, 1]);
    expect(events.map(({ type }) => type)).toEqual(['image', 'started', 'image', 'cancelled']);
  });
});

test('a job that fills a frame is sent in one, and one byte more goes by HTTP', () => {
  const without = Buffer.byteLength(JSON.stringify({ type: 'submit', jobId, params: { prompt: '' } }));
  const isLarge = (prompt: string) => createWatchedJob(jobId, { prompt }).isLarge;
  const room = MAX_INBOUND_FRAME_BYTES - without;
  expect([isLarge('x'.repeat(room)), isLarge('x'.repeat(room + 1))]).toEqual([false, true]);
  // Bytes count, not letters.
  expect(isLarge('湖'.repeat(Math.ceil(room / 3) + 1))).toBe(true);
});
