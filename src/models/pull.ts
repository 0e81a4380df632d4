/** `safelight models pull`: a model from the hub into the store, complete and checked, or to be gone on with later. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelFolder, readModelFolder } from '../engine/model-folder.js';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError } from '../protocol/errors.js';
import { chooseFiles } from './choose-files.js';
import { checkSpace, type Disk, realDisk, toDiskError } from './disk.js';
import { checkFile, type DownloadOptions, downloadFile, isPart, partPath } from './download.js';
import { createHub, type HubFile, type HubModel, type HubOptions } from './hub.js';
import { type Manifest, readManifest, removeManifest, sizeOf, writeManifest } from './manifest.js';
import { knownModel } from './registry.js';
import { RETRY_DELAYS_MS, retry } from './retry.js';
import type { ModelStore } from './store.js';

export type PullEvent =
  | { type: 'start'; id: string; commit: string; licence?: string; files: number; totalBytes: number }
  | { type: 'file'; path: string; bytes: number; state: 'here' | 'download' | 'check' }
  | { type: 'progress'; path: string; doneBytes: number; totalBytes: number }
  | { type: 'retry'; path: string; message: string; delayMs: number }
  | { type: 'done'; dir: string; folder: ModelFolder };

export interface PullOptions {
  store: ModelStore;
  /** Branch, tag or commit; else what the registry recommends, else `main`. */
  revision?: string;
  hub?: Omit<HubOptions, 'signal'>;
  signal?: AbortSignal;
  disk?: Disk;
  retryDelaysMs?: readonly number[];
}

interface Pull extends DownloadOptions {
  files: HubFile[];
  /** SHA-256 of what is in its place and right, by path. */
  hashes: Map<string, string>;
}

/**
 * Pulling again what is complete checks every hash and mends what is wrong.
 * @throws SafelightError UNAUTHORIZED | MODEL_NOT_FOUND | UNSUPPORTED | DISK_FULL (no room) | BAD_ANSWER |
 *   CONNECTION_FAILED; MODEL_INVALID when all is here but the engine cannot use it; the signal's reason
 */
export async function* pullModel(id: string, options: PullOptions): AsyncGenerator<PullEvent> {
  const { store, signal } = options;
  try {
    yield* pullFiles(id, options);
    yield { type: 'done', dir: store.pathOf(id), folder: await readPulled(store.pathOf(id)) };
  } catch (error) {
    signal?.throwIfAborted();
    throw toDiskError(error, store.dir);
  }
}

async function* pullFiles(id: string, options: PullOptions): AsyncGenerator<PullEvent> {
  const { store, signal, disk = realDisk, retryDelaysMs = RETRY_DELAYS_MS } = options;
  const dir = store.pathOf(id);
  const revision = options.revision ?? knownModel(id)?.revision ?? 'main';
  const hub = createHub({ ...options.hub, signal });
  // Nothing is on the screen yet: a hub that cannot be reached is told of soon.
  const soon = { retryDelaysMs: retryDelaysMs.slice(0, 2), signal };
  const model = await retry(() => hub.resolve(id, revision), soon);
  const listed = await retry(() => hub.files(id, model.commit), soon);
  const files = chooseFiles(id, listed);
  const pull: Pull = { hub, disk, id, commit: model.commit, dir, retryDelaysMs, signal, files, hashes: new Map() };
  yield { type: 'start', id, ...model, files: files.length, totalBytes: totalOf(files) };
  yield* keepRight(pull);
  const missing = files.filter(({ path }) => !pull.hashes.has(path));
  await makeFolder(store.dir);
  await checkSpace(disk, store.dir, await bytesToCome(dir, missing));
  const before = await readManifest(dir);
  if (missing.length > 0) await removeManifest(dir);
  yield* downloadAll(pull, missing);
  await writeManifest(dir, toManifest(pull, revision, model));
  await removeLeftovers(dir, before, files);
}

/** What is in its place is hashed, not believed. */
async function* keepRight({ dir, files, hashes, signal }: Pull): AsyncGenerator<PullEvent> {
  for (const file of files) {
    const sha256 = await checkFile(join(dir, file.path), file, signal);
    if (sha256 === undefined) continue;
    hashes.set(file.path, sha256);
    yield { type: 'file', path: file.path, bytes: file.size, state: 'here' };
  }
}

async function* downloadAll(pull: Pull, missing: HubFile[]): AsyncGenerator<PullEvent> {
  const totalBytes = totalOf(pull.files);
  let doneBefore = totalBytes - totalOf(missing);
  for (const file of missing) {
    const { path, size: bytes } = file;
    const toProgress = (fileBytes: number): PullEvent => ({
      type: 'progress',
      path,
      doneBytes: doneBefore + fileBytes,
      totalBytes,
    });
    yield { type: 'file', path, bytes, state: 'download' };
    yield toProgress((await sizeOf(partPath(pull.dir, file))) ?? 0);
    const download = downloadFile(file, pull);
    pull.hashes.set(path, yield* translate(download, path, bytes, toProgress));
    doneBefore += bytes;
  }
}

/** The download's events, as parts of the whole pull. @returns the file's SHA-256 */
async function* translate(
  download: ReturnType<typeof downloadFile>,
  path: string,
  bytes: number,
  toProgress: (fileBytes: number) => PullEvent,
): AsyncGenerator<PullEvent, string> {
  try {
    for (;;) {
      const { value, done } = await download.next();
      if (done) return value;
      if (value.type === 'received') yield toProgress(value.fileBytes);
      else if (value.type === 'check') yield { type: 'file', path, bytes, state: 'check' };
      else yield value;
    }
  } finally {
    // Closes file and connection, when whoever reads this turns away.
    await download.return('');
  }
}

async function bytesToCome(dir: string, missing: HubFile[]): Promise<number> {
  const parts = await Promise.all(missing.map((file) => sizeOf(partPath(dir, file))));
  return totalOf(missing) - parts.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

function totalOf(files: HubFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function toManifest({ id, files, hashes }: Pull, revision: string, { commit, licence }: HubModel): Manifest {
  const entries = files.map(({ path, size }) => ({ path, size, sha256: hashes.get(path) ?? '' }));
  return { id, revision, commit, licence, files: entries };
}

/** Parts, and files that only an earlier revision had. What a user put there stays. */
async function removeLeftovers(dir: string, before: Manifest | undefined, files: HubFile[]): Promise<void> {
  const kept = new Set(files.map(({ path }) => path));
  const old = (before?.files ?? []).map(({ path }) => path).filter((path) => !kept.has(path));
  const parts = (await readdir(dir, { recursive: true })).filter(isPart);
  for (const path of [...old, ...parts]) await rm(join(dir, path), { force: true });
}

/** The engine's own check, which opens no graph. */
async function readPulled(dir: string): Promise<ModelFolder> {
  try {
    return await readModelFolder(dir);
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
    throw new SafelightError(error.code, `all files are here, but safelight cannot use them: ${error.message}`, {
      cause: error,
    });
  }
}
