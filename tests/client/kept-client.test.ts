/** Jobs and the journal: when an entry is written, kept, renewed and removed. A real journal in a folder of the test's own. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client, ClientEvent, ImageEvent } from '../../src/client/client.js';
import { createJournal, type Journal, type JournalEntry } from '../../src/client/journal.js';
import { type KeptClient, keepJobs } from '../../src/client/kept-client.js';
import { SafelightError } from '../../src/protocol/errors.js';
import { createFakeClient, type FakeClient } from '../support/fake-client.js';

const JOB = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const REQUEST = { prompt: 'a lake', seed: 7 };
const OUT_OF_TIME = new SafelightError('TIMEOUT', 'not done in time');
const CANCELLED = new SafelightError('CANCELLED', 'interrupted');

let base: string;
let journal: Journal;
let fake: FakeClient;
/** What happened, in order: the journal's writes when they are done, and the acknowledgement. */
let done: string[];
let notes: string[];
/** Runs when the journal begins to write an entry. */
let onAdd: () => void;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-kept-'));
  journal = createJournal(join(base, 'journal'));
  fake = createFakeClient();
  [done, notes, onAdd] = [[], [], () => {}];
});
afterEach(() => rm(base, { recursive: true }));

/** A client as `connect` makes one: it throws the reason of a signal that was given before it began. */
function toClient({ url, welcome, download, setPreview, retryNow, close }: FakeClient): Client {
  return {
    ...{ url, welcome, download, setPreview, retryNow, close },
    async *generate(params, options = {}) {
      options.signal?.throwIfAborted();
      done.push('submit');
      yield* fake.generate(params, options);
    },
    ack(jobId) {
      done.push('ack');
      fake.ack(jobId);
    },
  };
}

function watched(): Journal {
  return {
    ...journal,
    add(entry) {
      const added = journal.add(entry);
      onAdd();
      return added.then(() => void done.push('add'));
    },
    remove: (jobId) => journal.remove(jobId).then(() => void done.push('remove')),
  };
}

function keep(into: Journal | undefined = watched()): KeptClient {
  const save = { outputDir: join(base, 'out'), name: '{seed}' };
  return keepJobs(toClient(fake), { journal: into, save, note: (line) => notes.push(line) });
}

async function left(): Promise<JournalEntry> {
  const entry: JournalEntry = {
    jobId: JOB,
    url: 'http://other:8000',
    submittedAt: new Date().toISOString(),
    params: REQUEST,
    save: { outputDir: join(base, 'out'), name: '{seed}' },
    saved: [],
  };
  await journal.add(entry);
  return entry;
}

/** Reads to the end. @returns the types of the events, or the error that ended them */
async function read(events: AsyncIterable<ClientEvent>): Promise<string[] | unknown> {
  const types: string[] = [];
  try {
    for await (const { type } of events) types.push(type);
    return types;
  } catch (error) {
    return error;
  }
}

const ids = async () => (await journal.list()).map(({ jobId }) => jobId);
const isSubmitted = () => expect.poll(() => fake.jobs.length).toBe(1);
const image: ImageEvent = {
  ...{ type: 'image', jobId: JOB, seq: 1, n: 0, seed: 7, sha256: '', bytes: 1 },
  ...{ width: 1, height: 1, format: 'png', href: '/x' },
};

describe('the entry', () => {
  test('is on the disk before the job is submitted, with an absolute folder and a seed', async () => {
    const client = keep();
    const events = client.generate({ prompt: 'a lake' }, { jobId: JOB });
    const first = events.next();
    await isSubmitted();
    const atSubmit = await journal.list();
    expect(atSubmit).toMatchObject([
      { jobId: JOB, url: fake.url, save: { outputDir: resolve(base, 'out') }, saved: [] },
    ]);
    expect(atSubmit[0].params).toMatchObject(fake.job.request);
    expect(done).toEqual(['add', 'submit']);
    expect(atSubmit[0].params.seed).toBeTypeOf('number');
    expect(client.hasUnfinished).toBe(true);
    fake.job.tell({ type: 'queued', position: 0 });
    await first;
    await events.return(undefined);
    expect(await ids()).toEqual([JOB]); // whoever stops reading leaves it
  });

  test('goes only after the server was told that the pictures are safe', async () => {
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.finish(7);
    await client.save(new Uint8Array([1]), image);
    expect((await journal.list())[0].saved).toEqual([0]);
    client.ack(JOB);
    await events;
    await expect.poll(() => done).toEqual(['add', 'submit', 'ack', 'remove']);
    expect(await ids()).toEqual([]);
    expect(client.hasUnfinished).toBe(false);
  });

  test('stays when the server could not be told', async () => {
    fake.ack = () => {
      throw new Error('no link');
    };
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.finish(7);
    expect(() => client.ack(JOB)).toThrow('no link');
    await events;
    expect(await ids()).toEqual([JOB]);
  });

  test('does not come back when a mark is written late', async () => {
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.finish(7);
    await events;
    const saving = client.save(new Uint8Array([1]), image);
    client.ack(JOB);
    await saving;
    await expect.poll(ids).toEqual([]);
  });

  test('a journal that cannot be written is noted, and the pictures are made all the same', async () => {
    await writeFile(join(base, 'journal'), 'a file in the way');
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.finish(7, 1);
    expect(await events).toEqual(['started', 'progress', 'image', 'completed']);
    expect(notes).toEqual([expect.stringContaining(join(base, 'journal'))]);
    expect(client.hasUnfinished).toBe(false);
  });

  test('without a journal nothing is written', async () => {
    const client = keepJobs(toClient(fake), {
      journal: undefined,
      save: { outputDir: base, name: 'x' },
      note: () => {},
    });
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.finish(7, 1);
    await events;
    client.ack(JOB);
    expect(await readdir(base)).toEqual([]);
  });
});

describe('a cancel', () => {
  const begin = {
    generate: async (client: KeptClient, signal: AbortSignal) => client.generate(REQUEST, { jobId: JOB, signal }),
    resume: async (client: KeptClient, signal: AbortSignal) => client.resume(await left(), { signal }),
  };
  const kinds = Object.entries(begin);
  // A UI aborts without a reason of ours.
  const reasons = [undefined, CANCELLED];
  const cases = kinds.flatMap(([name, start]) =>
    reasons.map((reason) => [name, reason?.code ?? 'no code', start, reason] as const),
  );

  test.each(cases)('before %s begins (%s): no entry is left', async (_, __, start, reason) => {
    const stopping = new AbortController();
    stopping.abort(reason);
    const client = keep();
    expect(await read(await start(client, stopping.signal))).toBe(stopping.signal.reason);
    expect(await ids()).toEqual([]);
    expect(fake.jobs).toEqual([]);
    expect(client.hasUnfinished).toBe(false);
  });

  test.each(cases)('while the entry of %s is written (%s): no entry is left', async (_, __, start, reason) => {
    const stopping = new AbortController();
    onAdd = () => stopping.abort(reason);
    const client = keep();
    expect(await read(await start(client, stopping.signal))).toBe(stopping.signal.reason);
    expect(done).toContain('add');
    expect(await ids()).toEqual([]);
    expect(client.hasUnfinished).toBe(false);
  });

  test.each(cases)(
    'right after %s was submitted (%s): no entry is left, though the server says nothing',
    async (_, __, start, reason) => {
      const stopping = new AbortController();
      const client = keep();
      const events = read(await start(client, stopping.signal));
      await isSubmitted();
      stopping.abort(reason);
      await expect.poll(ids).toEqual([]);
      fake.job.tell({ type: 'cancelled' });
      expect(await events).toEqual(['cancelled']);
      expect(client.hasUnfinished).toBe(false);
    },
  );

  test.each(kinds)('by the server: %s leaves no entry', async (_, start) => {
    const client = keep();
    const events = read(await start(client, new AbortController().signal));
    await isSubmitted();
    fake.job.tell({ type: 'cancelled' });
    expect(await events).toEqual(['cancelled']);
    expect(await ids()).toEqual([]);
  });
});

describe('out of time', () => {
  test('while the entry is written: it stays', async () => {
    const stopping = new AbortController();
    onAdd = () => stopping.abort(OUT_OF_TIME);
    const client = keep();
    expect(await read(client.generate(REQUEST, { jobId: JOB, signal: stopping.signal }))).toBe(OUT_OF_TIME);
    expect(await ids()).toEqual([JOB]);
    expect(client.hasUnfinished).toBe(true);
  });

  test('while the job runs on a server that is lost: it stays', async () => {
    const stopping = new AbortController();
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB, signal: stopping.signal }));
    await isSubmitted();
    stopping.abort(OUT_OF_TIME);
    const lost = new SafelightError('CONNECTION_FAILED', 'the client was closed');
    fake.job.breakWith(lost);
    expect(await events).toBe(lost);
    expect(await ids()).toEqual([JOB]);
    expect(client.hasUnfinished).toBe(true);
  });

  test('a job that was left before is still there after it', async () => {
    const entry = await left();
    const stopping = new AbortController();
    stopping.abort(OUT_OF_TIME);
    expect(await read(keep().resume(entry, { signal: stopping.signal }))).toBe(OUT_OF_TIME);
    expect(await ids()).toEqual([JOB]);
  });
});

describe('what the server says of the job', () => {
  async function breakWith(code: SafelightError['code'], { isResumed = false } = {}): Promise<void> {
    const client = keep();
    const events = read(isResumed ? client.resume(await left()) : client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    const error = new SafelightError(code, 'no');
    fake.job.breakWith(error);
    expect(await events).toBe(error);
  }

  test.each(['INVALID_PARAMS', 'MODEL_NOT_FOUND', 'PAYLOAD_TOO_LARGE'] as const)(
    '%s: refused, so no entry is left',
    async (code) => {
      await breakWith(code);
      expect(await ids()).toEqual([]);
    },
  );

  test.each([
    'CONNECTION_FAILED',
    'UNAUTHORIZED',
    'QUEUE_FULL',
    'RATE_LIMITED',
    'DISK_FULL',
    'TUNNEL_REFUSED',
  ] as const)('%s: the job may go through later, so its entry stays', async (code) => {
    await breakWith(code);
    expect(await ids()).toEqual([JOB]);
  });

  test('a server that refuses what another one had accepted leaves the entry', async () => {
    await breakWith('MODEL_NOT_FOUND', { isResumed: true });
    expect(await ids()).toEqual([JOB]);
  });

  test('failed permanently: no entry is left', async () => {
    const events = read(keep().generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.tell({ type: 'failed', code: 'OUT_OF_MEMORY', message: 'too large' });
    await events;
    expect(await ids()).toEqual([]);
  });

  test.each(['ENGINE_FAILED', 'DISK_FULL'])('failed with %s: the job stays, under another id', async (code) => {
    const events = read(keep().generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    fake.job.tell({ type: 'failed', code, message: 'it broke' });
    await events;
    const [entry, ...more] = await journal.list();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ params: REQUEST, saved: [] });
    expect(entry.jobId).not.toBe(JOB);
  });

  test('a picture that it no longer has: the job stays, under another id', async () => {
    const gone = new SafelightError('NOT_FOUND', 'gone');
    fake.download = () => Promise.reject(gone);
    const client = keep();
    const events = read(client.generate(REQUEST, { jobId: JOB }));
    await isSubmitted();
    await expect(client.download(image)).rejects.toBe(gone);
    const [jobId, ...more] = await ids();
    expect([jobId === JOB, more]).toEqual([false, []]);
    fake.job.finish(7);
    await events;
  });
});

test('a picture that cannot be saved leaves the entry without a mark', async () => {
  await writeFile(join(base, 'out'), 'a file in the way');
  const client = keep();
  const events = client.generate(REQUEST, { jobId: JOB });
  const first = events.next();
  await isSubmitted();
  fake.job.tell({ type: 'queued', position: 0 });
  await first;
  await expect(client.save(new Uint8Array([1]), image)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await events.return(undefined);
  expect(await journal.list()).toMatchObject([{ jobId: JOB, saved: [] }]);
  expect(await readFile(join(base, 'out'), 'utf8')).toBe('a file in the way');
});
