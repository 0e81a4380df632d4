/** Files that are there whole or not at all, also after a power cut. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SafelightError } from '../protocol/errors.js';

export const UNFINISHED = '.part';

/** Under another name first, flushed, then renamed, and the folder flushed: what was resolved is on the disk. */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

/** A name lives in its folder. Windows opens no folders, and needs no such flush. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function toReason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** @param what as in "the server could not write …" */
export function toDiskError(what: string, cause: unknown): SafelightError {
  const code = /^(ENOSPC|EDQUOT)$/.test(toReason(cause)) ? 'DISK_FULL' : 'INTERNAL';
  return new SafelightError(code, `the server could not write ${what} to its data folder (${toReason(cause)})`, {
    cause,
  });
}
