/** One file from the hub to the disk: into `.part`, from where it was cut, checked by its hash, renamed when right. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import type { Disk } from './disk.js';
import type { Hub, HubFile } from './hub.js';
import { sizeOf } from './manifest.js';
import { delayAfter, type RetryOptions } from './retry.js';

export type DownloadEvent =
  | { type: 'received'; fileBytes: number }
  | { type: 'retry'; path: string; message: string; delayMs: number }
  | { type: 'check' };

export interface DownloadOptions extends RetryOptions {
  hub: Hub;
  disk: Disk;
  id: string;
  commit: string;
  dir: string;
}

const PART = '.part';
const EVENT_EVERY_MS = 100;

/** Named by the content, so that a part of another revision is never gone on with. */
export function partPath(dir: string, { path, sha256, gitSha1 }: HubFile): string {
  return join(dir, `${path}.${(sha256 ?? gitSha1).slice(0, 12)}${PART}`);
}

export function isPart(path: string): boolean {
  return path.endsWith(PART);
}

/** @returns its SHA-256  @throws SafelightError as `Hub` does; BAD_ANSWER when the hash is wrong twice */
export async function* downloadFile(file: HubFile, options: DownloadOptions): AsyncGenerator<DownloadEvent, string> {
  const part = partPath(options.dir, file);
  await makeFolder(dirname(part));
  for (let tries = 1; ; tries++) {
    yield* receiveAll(file, part, options);
    yield { type: 'check' };
    const sha256 = await checkFile(part, file, options.signal);
    if (sha256 !== undefined) {
      await rename(part, join(options.dir, file.path));
      return sha256;
    }
    await rm(part);
    if (tries === 2) throw new SafelightError('BAD_ANSWER', `${file.path}: what the hub sent twice has a wrong hash`);
  }
}

/** Goes on after each cut; failures count only while no byte comes. */
async function* receiveAll(file: HubFile, part: string, options: DownloadOptions): AsyncGenerator<DownloadEvent> {
  for (let failures = 0; ; ) {
    const before = await sizeOf(part);
    try {
      yield* receive(file, part, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures = (await sizeOf(part)) === before ? failures + 1 : 1;
      const delayMs = delayAfter(error, failures, options.retryDelaysMs);
      yield { type: 'retry', path: file.path, message: toSafelightError(error).message, delayMs };
      await sleep(delayMs, undefined, { signal: options.signal });
    }
  }
}

async function* receive(file: HubFile, part: string, options: DownloadOptions): AsyncGenerator<DownloadEvent> {
  const { hub, disk, id, commit } = options;
  const have = (await sizeOf(part)) ?? 0;
  if (have > 0 && have >= file.size) return;
  const out = await disk.append(part);
  try {
    const { from, chunks } = await hub.open(id, commit, file.path, have);
    if (from === 0) await out.truncate(0);
    let fileBytes = from;
    let toldAt = 0;
    for await (const chunk of chunks) {
      await out.appendFile(chunk);
      fileBytes += chunk.length;
      if (fileBytes > file.size) break;
      if (performance.now() - toldAt < EVENT_EVERY_MS) continue;
      toldAt = performance.now();
      yield { type: 'received', fileBytes };
    }
    await out.sync();
    yield { type: 'received', fileBytes };
    if (fileBytes < file.size) throw new SafelightError('CONNECTION_FAILED', `${file.path} ended too early`);
  } finally {
    await out.close();
  }
}

/** @returns the SHA-256 of a file that is what the hub announced; undefined of any other */
export async function checkFile(path: string, file: HubFile, signal?: AbortSignal): Promise<string | undefined> {
  if ((await sizeOf(path)) !== file.size) return undefined;
  const sha256 = createHash('sha256');
  const git = createHash('sha1').update(`blob ${file.size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    sha256.update(chunk);
    if (file.sha256 === undefined) git.update(chunk);
  }
  const found = sha256.digest('hex');
  const isRight = file.sha256 === undefined ? git.digest('hex') === file.gitSha1 : found === file.sha256;
  return isRight ? found : undefined;
}
