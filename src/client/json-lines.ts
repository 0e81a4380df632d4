/** Files with a JSON object a line that only ever grow: several processes append at once, and no lock is needed. */
import { appendFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { fileErrorCode } from './durable-file.js';

/** What a user does is nobody else's business. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Makes the folder, too. */
export async function appendLine(path: string, value: object): Promise<void> {
  await makeFolder(dirname(path), FOLDER_MODE);
  // One write, so that lines do not mix; the break comes first, so that a line which a crash cut short spoils no other.
  await appendFile(path, `\n${JSON.stringify(value)}`, { mode: FILE_MODE });
}

/** In their order, without those that are damaged or of another kind. A file that is not there has none. */
export async function readLines<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>[]> {
  const lines = (await readUnlessMissing(path)).split('\n');
  return lines.flatMap((line) => {
    const result = schema.safeParse(parseJson(line));
    return result.success ? [result.data] : [];
  });
}

async function readUnlessMissing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // no schema here takes it
  }
}
