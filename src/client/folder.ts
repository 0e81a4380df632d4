/** Finds out beforehand whether a folder can be made and written into. */
import { randomUUID } from 'node:crypto';
import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileErrorCode, withTemporary } from './durable-file.js';

/** As large as a small picture: a disk that has not even this is full. */
const PROBE_BYTES = 64 * 1024;

/**
 * Writes a file and removes it again: in the folder or, where that is still to be made, in the nearest one above it that exists.
 * Permissions alone do not say it: root has them all, also on a read-only, full or virtual file system.
 * @param nameBytes length of the names that will be written there
 * @throws the file system's refusal
 */
export async function probeFolder(path: string, nameBytes: number): Promise<void> {
  const folder = await nearestFolder(path);
  const name = `.${randomUUID()}.part`.padEnd(nameBytes, '_');
  await withTemporary(join(folder, name), new Uint8Array(PROBE_BYTES), async () => {});
}

async function nearestFolder(path: string): Promise<string> {
  try {
    // The slash makes a file fail with ENOTDIR.
    await stat(join(path, '/'));
    return path;
  } catch (error) {
    const isMissing = fileErrorCode(error) === 'ENOENT' && dirname(path) !== path;
    if (!isMissing || (await isLink(path))) throw error;
    return nearestFolder(dirname(path));
  }
}

/** Of a path that leads nowhere: a link is in the way of the folder that would be made. */
function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
