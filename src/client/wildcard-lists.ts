/** The user's lists for `__name__`: text files in one folder and its sub-folders, an option a line. */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import { fileErrorCode } from './durable-file.js';
import type { Wildcards } from './wildcards.js';

const ENDING = '.txt';
const MAX_NAMES_TOLD = 20;

/** Blank lines and lines that begin with `#` are no options. @throws what `readList` says, and UNSUPPORTED for an unreadable file */
export function createListReader(dir: string): Wildcards['readList'] {
  return async (name) => {
    const names = await namesIn(dir);
    // Looked up among what is there: no name leads out of the folder.
    if (!names.includes(name)) throw unknownList(name, names, dir);
    const lines = (await readText(join(dir, `${name}${ENDING}`))).split('\n').map((line) => line.trim());
    const options = lines.filter((line) => line !== '' && !line.startsWith('#'));
    if (options.length === 0)
      throw new SafelightError('INVALID_PARAMS', `__${name}__: the list in ${dir} has no lines`);
    return options;
  };
}

async function namesIn(dir: string): Promise<string[]> {
  const paths = await unlessRefused(dir, readdir(dir, { recursive: true }), []);
  const files = paths.filter((path) => path.endsWith(ENDING));
  return files.map((path) => path.slice(0, -ENDING.length).replaceAll(sep, '/')).sort();
}

function readText(path: string): Promise<string> {
  return unlessRefused(path, readFile(path, 'utf8'));
}

/** @param missing instead of what is not there */
async function unlessRefused<T>(path: string, reading: Promise<T>, missing?: T): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const code = fileErrorCode(cause);
    if (code === undefined) throw cause;
    if (code === 'ENOENT' && missing !== undefined) return missing;
    throw new SafelightError('UNSUPPORTED', `cannot read the wildcards in ${path} (${code})`, { cause });
  }
}

function unknownList(name: string, names: string[], dir: string): SafelightError {
  const told = names.slice(0, MAX_NAMES_TOLD).join(', ');
  const more = names.length > MAX_NAMES_TOLD ? ` and ${names.length - MAX_NAMES_TOLD} more` : '';
  const others = names.length === 0 ? 'there is no list in it' : `there are ${told}${more}`;
  return new SafelightError('INVALID_PARAMS', `__${name}__: ${dir} has no ${name}${ENDING}; ${others}`);
}
