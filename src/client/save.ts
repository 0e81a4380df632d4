/** Saves finals: whole or not at all, and never over another file. */
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError } from '../protocol/errors.js';
import type { ImageEvent } from './client.js';
import { fileErrorCode, flushFolder, withTemporary } from './durable-file.js';
import { probeFolder } from './folder.js';
import { checkName, fillName, longestNameBytes } from './picture-name.js';

const REFUSALS: Record<string, string> = {
  EEXIST: 'it is a file, or a folder above it is one',
  ENOTDIR: 'it is a file, or a folder above it is one',
  ENOENT: 'no folder can be made there',
  EACCES: 'you do not have permission to write there',
  EPERM: 'you do not have permission to write there',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'its name, or that of a picture in it, is too long for this file system',
  ELOOP: 'its links lead in a circle',
};

export interface SaveOptions {
  outputDir: string;
  /** File name without its ending; `{date}` `{time}` `{seed}` `{n}` are filled in. */
  name: string;
}

/**
 * @param now for tests
 * @returns the path, below `outputDir` as it was given; taken names get `-2`, `-3`, …
 * @throws SafelightError DISK_FULL | UNSUPPORTED (the folder cannot be written)
 */
export async function savePicture(
  bytes: Uint8Array,
  image: ImageEvent,
  { outputDir, name }: SaveOptions,
  now: Date = new Date(),
): Promise<string> {
  const temporary = join(outputDir, `.${randomUUID()}.part`);
  const stem = join(outputDir, fillName(name, image, now));
  try {
    await makeFolder(outputDir);
    // Flushed before it is linked, and the link too: what is saved may be acknowledged, and then nobody else has it.
    const path = await withTemporary(temporary, bytes, () => claimName(temporary, stem, image.format));
    await flushFolder(outputDir);
    return path;
  } catch (error) {
    throw toSaveError(error, outputDir);
  }
}

/**
 * Checked before a job is submitted, so that a person does not wait for a picture that cannot be saved.
 * Leaves nothing behind: a job that fails leaves no empty folder.
 * @throws SafelightError INVALID_PARAMS (the name) | UNSUPPORTED | DISK_FULL
 */
export async function checkSaving(options: SaveOptions): Promise<void> {
  checkName(options.name);
  await checkFolder(options);
}

/** For a job whose name was checked before it was kept. @throws SafelightError UNSUPPORTED | DISK_FULL */
export async function checkFolder({ outputDir, name }: SaveOptions): Promise<void> {
  if (outputDir === '') throw new SafelightError('UNSUPPORTED', 'the folder for pictures must not be empty');
  try {
    await probeFolder(outputDir, longestNameBytes(name));
  } catch (error) {
    throw toSaveError(error, outputDir);
  }
}

async function claimName(temporary: string, stem: string, ending: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const path = `${stem}${attempt === 1 ? '' : `-${attempt}`}.${ending}`;
    if (await claim(temporary, path)) return path;
  }
}

/** A hard link appears whole or not at all, and refuses a taken name: no gap between looking and writing. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    return fileErrorCode(error) === 'EEXIST' ? false : claimByRename(temporary, path);
  }
}

/**
 * FAT, exFAT, Android and some network drives have no hard links, and each refuses them in its own way. An empty file claims
 * the name there, and the picture replaces it.
 */
async function claimByRename(temporary: string, path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(temporary, path);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Refusals of the file system are no bugs of ours: they get words. Anything else comes back as it is. */
function toSaveError(error: unknown, outputDir: string): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const words = `the disk of ${outputDir} is full: make room, or choose another folder with --output-dir`;
    return new SafelightError('DISK_FULL', words, { cause: error });
  }
  const words = `cannot save pictures in ${outputDir}: ${REFUSALS[code] ?? code}; choose another folder with --output-dir`;
  return new SafelightError('UNSUPPORTED', words, { cause: error });
}
