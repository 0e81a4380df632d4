import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createJournal, type Journal, type JournalEntry, missingPictures } from '../../src/client/journal.js';

/** A disk that is full is hard to come by. */
const replacing = vi.hoisted(() => ({ fails: false }));
vi.mock('../../src/client/durable-file.js', async (load) => {
  const real = await load<typeof import('../../src/client/durable-file.js')>();
  const replaceFile: typeof real.replaceFile = (...args) =>
    replacing.fails ? Promise.reject(new Error('no room')) : real.replaceFile(...args);
  return { ...real, replaceFile };
});

let dir: string;
let journal: Journal;
const [first, second] = ['6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d', '11111111-2222-4333-8444-555555555555'];
/** Of a process that has ended. */
const deadPid = spawnSync(process.execPath, ['--version']).pid;

const entryOf = (jobId: string, minute = 0): JournalEntry => ({
  jobId,
  url: 'http://gpu-box:8000',
  submittedAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  params: { prompt: 'a lake', seed: 7, count: 3, initImage: 'AAAA' },
  save: { outputDir: '/pictures', name: '{seed}' },
  saved: [],
});
const fileOf = (jobId: string, pid = process.pid) => join(dir, `${jobId}.${pid}.json`);
/** As if another process had written it. */
const giveTo = (jobId: string, pid: number) => rename(fileOf(jobId), fileOf(jobId, pid));

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'safelight-journal-')), 'made', 'here');
  journal = createJournal(dir);
});
afterEach(async () => {
  replacing.fails = false;
  await rm(join(dir, '../..'), { recursive: true });
});

test('what was added is listed, oldest first, with all that makes it again', async () => {
  await journal.add(entryOf(second, 2));
  await journal.add(entryOf(first, 1));
  const listed = await journal.list();
  expect(listed.map(({ jobId }) => jobId)).toEqual([first, second]);
  expect(listed[0]).toMatchObject({ ...entryOf(first, 1), pid: process.pid, isOwned: true });
});

test('files and folder are the user’s alone, and nothing else is left in it', async () => {
  await journal.add(entryOf(first));
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await stat(fileOf(first))).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual([`${first}.${process.pid}.json`]);
});

test('a seed of 64 bits in a file keeps its low 32 bits', async () => {
  await journal.add(entryOf(first));
  const text = await readFile(fileOf(first), 'utf8');
  await writeFile(fileOf(first), text.replace('"seed":7', '"seed":9007199254740993'));
  expect((await journal.list())[0].params.seed).toBe(1);
});

test('saved pictures are marked, and missing ones counted', async () => {
  await journal.add(entryOf(first));
  await journal.saved(first, 0);
  await journal.saved(first, 2);
  const [entry] = await journal.list();
  expect(entry.saved).toEqual([0, 2]);
  expect(missingPictures(entry)).toBe(1);
});

test('a removed entry stays away, whatever comes late', async () => {
  await journal.add(entryOf(first));
  await journal.remove(first);
  await journal.saved(first, 0);
  await journal.renew(first);
  await journal.remove(first);
  expect(await readdir(dir)).toEqual([]);
});

test('a renewed entry is the same job under another id', async () => {
  await journal.add({ ...entryOf(first), saved: [1] });
  await journal.renew(first);
  const listed = await journal.list();
  expect(listed).toHaveLength(1);
  expect(listed[0].jobId).not.toBe(first);
  expect(listed[0]).toMatchObject({ ...entryOf(first), jobId: listed[0].jobId, saved: [1] });
});

test('what happens to a job after its renewal happens to the renewed entry', async () => {
  await journal.add(entryOf(first));
  await journal.renew(first);
  await journal.renew(first); // a second picture of it is gone, too
  await journal.saved(first, 2);
  const [{ jobId, saved }, ...others] = await journal.list();
  expect({ saved, others }).toEqual({ saved: [2], others: [] });
  expect(jobId).not.toBe(first);
  await journal.remove(first);
  expect(await readdir(dir)).toEqual([]);
});

test('a renewal that fails half-way, on a full disk, loses nothing: the old entry goes last', async () => {
  await journal.add(entryOf(first));
  replacing.fails = true;
  await expect(journal.renew(first)).rejects.toThrow('no room');
  expect((await journal.list()).map(({ jobId }) => jobId)).toEqual([first]);
});

test('a folder that is not there is an empty journal; one that cannot be read says so', async () => {
  expect(await journal.list()).toEqual([]);
  await mkdir(join(dir, '..'));
  await writeFile(dir, 'a file');
  await expect(journal.list()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

test('damaged files are told of and left out; other files are nobody’s business', async () => {
  await journal.add(entryOf(first));
  const whole = await readFile(fileOf(first), 'utf8');
  const ids = Array.from({ length: 5 }, (_, i) => `00000000-0000-4000-8000-00000000000${i}`);
  await writeFile(fileOf(ids[0]), '');
  await writeFile(fileOf(ids[1]), whole.slice(0, 100));
  await writeFile(fileOf(ids[2]), whole); // another job's
  await writeFile(fileOf(ids[3]), whole.replace(first, ids[3]).replace('"seed":7,', ''));
  await mkdir(fileOf(ids[4]));
  await writeFile(join(dir, 'notes.txt'), 'mine');
  const damaged: string[] = [];
  const listed = await journal.list((path) => damaged.push(path));
  expect(listed.map(({ jobId }) => jobId)).toEqual([first]);
  expect(damaged.sort()).toEqual(ids.map((id) => fileOf(id)));
});

describe('owners', () => {
  test('an entry of a living process is owned, one of a dead process is not', async () => {
    await journal.add(entryOf(first, 1));
    await journal.add(entryOf(second, 2));
    await giveTo(first, process.ppid);
    await giveTo(second, deadPid);
    expect((await createJournal(dir).list()).map(({ isOwned }) => isOwned)).toEqual([true, false]);
  });

  test('an entry under our own process id that we did not write is that of a dead process with the same id', async () => {
    await journal.add(entryOf(first));
    expect((await createJournal(dir).list())[0].isOwned).toBe(false);
  });

  test('of many that claim an entry one gets it', async () => {
    await journal.add(entryOf(first));
    await giveTo(first, deadPid);
    const [entry] = await createJournal(dir).list();
    const claims = await Promise.all(Array.from({ length: 8 }, () => createJournal(dir).claim(entry)));
    expect(claims.filter((won) => won)).toHaveLength(1);
    expect(await readdir(dir)).toEqual([`${first}.${process.pid}.json`]);
  });

  test('who claimed it goes on with it', async () => {
    await journal.add(entryOf(first));
    await giveTo(first, deadPid);
    const next = createJournal(dir);
    const [entry] = await next.list();
    await next.claim(entry);
    await next.saved(first, 1);
    expect((await next.list())[0]).toMatchObject({ saved: [1], isOwned: true });
    await next.remove(first);
    expect(await readdir(dir)).toEqual([]);
  });
});
