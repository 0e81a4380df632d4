/** Files that a power cut leaves whole: flushed under another name before they get their own. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Paths of the files that are being written and have no name of their own yet. */
const temporaries = new Set<string>();

/**
 * Writes a file, flushed, for as long as `use` runs; what is then still there under this path is removed.
 * @param path of a file that does not exist  @param mode left out = what the user's umask allows
 */
export async function withTemporary<T>(
  path: string,
  data: Uint8Array | string,
  use: () => Promise<T>,
  mode?: number,
): Promise<T> {
  temporaries.add(path);
  try {
    await writeFlushed(path, data, mode);
    return await use();
  } finally {
    await rm(path, { force: true }).catch(() => {});
    temporaries.delete(path);
  }
}

/** For a process that ends at once, on a second Ctrl-C: nothing half-written stays. */
export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
}

/** Writes a file anew: readers see the old one or the new one, whole. */
export async function replaceFile(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  await withTemporary(temporary, data, () => rename(temporary, path), mode);
  await flushFolder(dirname(path));
}

async function writeFlushed(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
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
