/** Saves finals: whole or not at all, and never over another file. */
import { randomUUID } from 'node:crypto';
import { access, constants, link, mkdir, opendir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import type { ImageEvent } from './client.js';
import { fileErrorCode, flushFolder, writeFlushed } from './durable-file.js';

export const DEFAULT_NAME = 'output_{date}-{time}_{seed}';

const REFUSALS: Record<string, string> = {
  EEXIST: 'it is a file, or below one',
  ENOTDIR: 'it is a file, or below one',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the disk can only be read',
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
  try {
    await mkdir(outputDir, { recursive: true });
    // Flushed before it is linked, and the link too: what is saved may be acknowledged, and then nobody else has it.
    await writeFlushed(temporary, bytes);
    const path = await claimName(temporary, join(outputDir, fillName(name, image, now)), image.format);
    await flushFolder(outputDir);
    return path;
  } catch (error) {
    throw toSaveError(error, outputDir);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/**
 * To be asked before a job is: who waited for a picture must not learn only then that its folder is a file.
 * Makes nothing: a job that fails leaves no empty folder.
 * @throws SafelightError UNSUPPORTED
 */
export async function checkOutputDir(outputDir: string): Promise<void> {
  try {
    await checkWritable(outputDir);
  } catch (error) {
    throw toSaveError(error, outputDir);
  }
}

/** The folder, or where it would be made, the nearest one above it that is there. */
async function checkWritable(path: string): Promise<void> {
  try {
    const folder = await opendir(path);
    await folder.close();
    await access(path, constants.W_OK);
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await checkWritable(dirname(path));
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
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Refusals of the file system are no bugs of ours: they get words. Anything else comes back as it is. */
function toSaveError(error: unknown, outputDir: string): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SafelightError('DISK_FULL', `the disk of ${outputDir} is full`, { cause: error });
  const why = REFUSALS[code] ?? code;
  return new SafelightError('UNSUPPORTED', `cannot save pictures in ${outputDir}: ${why}`, { cause: error });
}

/** Only letters that every file system takes are left in a name. */
function fillName(template: string, image: ImageEvent, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    date: `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`,
    time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    seed: String(image.seed),
    n: String(image.n),
  };
  const filled = template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  return filled.replace(/[^\p{L}\p{N}._{}()+=,@ -]/gu, '_').replace(/^\.+/, '_');
}
