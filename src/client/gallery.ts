/** EDGE: the only import of trash and open. The pictures in an output folder: what is there, how they were made, away with them. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type PictureHeader, readPictureTexts } from '../metadata/files/picture-texts.js';
import { type Recipe, toRecipe } from '../metadata/recipe.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import { IMAGE_FORMATS } from '../protocol/params.js';
import { fileErrorCode } from './durable-file.js';

export interface GalleryPicture {
  path: string;
  name: string;
  bytes: number;
  savedAtMs: number;
}

export interface PictureDetails {
  bytes: Uint8Array;
  width: number;
  height: number;
  /** undefined = the file does not say how it was made, or not in a way that is understood here. */
  recipe: Recipe | undefined;
  /** Why there is no recipe. */
  refusal?: string;
}

const ENDING = new RegExp(`^[^.].*\\.(${[...IMAGE_FORMATS, 'jpg'].join('|')})$`, 'i');
/** An opener that found no program has said so by then, also on a busy machine; one that still runs is the program itself. */
const OPENER_MS = 5000;

/** Newest first, without opening a file. A folder that is not there is an empty one. @throws SafelightError UNSUPPORTED */
export async function listPictures(outputDir: string): Promise<GalleryPicture[]> {
  const names = (await namesIn(outputDir)).filter((name) => ENDING.test(name));
  const pictures = await Promise.all(names.map((name) => toPicture(outputDir, name)));
  return pictures.filter((picture) => picture !== undefined).sort(byAge);
}

/** @param readHeader of the picture library that the caller has  @throws SafelightError NOT_FOUND | UNSUPPORTED */
export async function readDetails(
  path: string,
  readHeader: (bytes: Uint8Array) => Promise<PictureHeader>,
): Promise<PictureDetails> {
  try {
    const bytes = await readFile(path);
    const { width, height, exif } = await readHeader(bytes);
    return { bytes, width, height, ...readRecipe(bytes, exif) };
  } catch (cause) {
    throw toRefusal(cause, `${path} cannot be read as a picture`);
  }
}

/** Into the system's trash, where it can be had back from. @throws SafelightError NOT_FOUND | UNSUPPORTED */
export async function trashPicture(path: string): Promise<void> {
  try {
    await stat(path); // trash passes over what is not there
    const { default: trash } = await import('trash');
    await trash(path, { glob: false }); // names may hold [ and {
  } catch (cause) {
    throw toRefusal(cause, `${path} cannot be put into the trash`);
  }
}

/**
 * In whatever the system shows pictures with; that goes on by itself.
 * @param patienceMs how long a program may run to be taken for the right one
 * @throws SafelightError UNSUPPORTED when there is none
 */
export async function openPicture(path: string, patienceMs = OPENER_MS): Promise<void> {
  const { default: open } = await import('open');
  const opener = await open(resolve(path)).catch(() => undefined);
  const exitCode = opener && (opener.exitCode ?? (await exitWithin(opener, patienceMs)));
  if (opener !== undefined && (exitCode === undefined || exitCode === 0)) return;
  throw new SafelightError('UNSUPPORTED', `no program here opens pictures; the file is ${resolve(path)}`);
}

/** @returns undefined when it still runs, null when it was killed */
async function exitWithin(opener: ChildProcess, ms: number): Promise<number | null | undefined> {
  const exit = once(opener, 'exit', { signal: AbortSignal.timeout(ms) });
  return exit.then(
    ([code]) => code as number | null,
    () => undefined,
  );
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    if (fileErrorCode(cause) === 'ENOENT') return [];
    throw toRefusal(cause, `the pictures in ${dir} cannot be listed`);
  }
}

/** @returns undefined for a folder, and for what went away just now */
async function toPicture(dir: string, name: string): Promise<GalleryPicture | undefined> {
  const path = join(dir, name);
  const file = await stat(path).catch(() => undefined);
  return file?.isFile() ? { path, name, bytes: file.size, savedAtMs: file.mtimeMs } : undefined;
}

/** Pictures of one job may be saved within a tick of the clock: then their names decide. */
function byAge(a: GalleryPicture, b: GalleryPicture): number {
  return b.savedAtMs - a.savedAtMs || b.name.localeCompare(a.name, 'en', { numeric: true });
}

/** Other programs' files may say anything in their texts: what is not understood is no reason not to show them. */
function readRecipe(bytes: Uint8Array, exif: Buffer | undefined): Pick<PictureDetails, 'recipe' | 'refusal'> {
  try {
    return { recipe: toRecipe(readPictureTexts(bytes, exif)) };
  } catch (error) {
    return { recipe: undefined, refusal: toSafelightError(error).message };
  }
}

function toRefusal(cause: unknown, words: string): SafelightError {
  const code = fileErrorCode(cause);
  const isGone = code === 'ENOENT';
  return new SafelightError(isGone ? 'NOT_FOUND' : 'UNSUPPORTED', code === undefined ? words : `${words} (${code})`, {
    cause,
  });
}
