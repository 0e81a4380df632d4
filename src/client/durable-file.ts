/** Files that a power cut leaves whole: flushed under another name before they get their own. */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** @param mode of a new file; left out = what the user's umask allows */
export async function writeFlushed(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a file anew: readers see the old one or the new one, whole. */
export async function replaceFile(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFlushed(unfinished, data, mode);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

/** A new name lives in its folder. Not every system can flush one (Windows, some network drives): then it is as safe as it gets. */
export async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file itself is flushed.
  }
}

/** `ENOSPC` and the like; undefined = this was no refusal of the file system. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
}
