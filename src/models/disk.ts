/** What a pull asks of the disk, narrow enough for a test to be a full one; and a full disk in words. */
import { open, statfs } from 'node:fs/promises';
import { SafelightError } from '../protocol/errors.js';
import { toSizeText } from './size-text.js';

export interface PartFile {
  appendFile(bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  freeBytes(dir: string): Promise<number>;
  /** Opens for writing behind what is there already. */
  append(path: string): Promise<PartFile>;
}

export const realDisk: Disk = {
  async freeBytes(dir) {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  },
  append: (path) => open(path, 'a'),
};

/** @throws SafelightError DISK_FULL, before a byte is downloaded that would not fit */
export async function checkSpace(disk: Disk, dir: string, neededBytes: number): Promise<void> {
  const free = await disk.freeBytes(dir);
  if (free >= neededBytes) return;
  const numbers = `${toSizeText(neededBytes)} are needed and ${toSizeText(free)} are free`;
  const advice = 'make room (`safelight models rm`), or choose another place with --models-dir';
  throw new SafelightError('DISK_FULL', `not enough room in ${dir}: ${numbers}; ${advice}`);
}

/** Refusals of the file system are no bugs of ours: they get words. Anything else comes back as it is. */
export function toDiskError(error: unknown, dir: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    const words = `the disk of ${dir} is full; what was downloaded is kept, and the next pull goes on from there`;
    return new SafelightError('DISK_FULL', words, { cause: error });
  }
  return new SafelightError('UNSUPPORTED', `cannot write to ${dir} (${error.code})`, { cause: error });
}
