/** Pictures that a person names to start from: read, with words for whatever is wrong with the file. */
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { isReadablePicture, toUnreadableWords } from '../metadata/files/picture-kinds.js';
import { SafelightError } from '../protocol/errors.js';
import { PARAM_LIMITS } from '../protocol/params.js';
import { fileErrorCode } from './durable-file.js';
import { toPath } from './typed-path.js';

/** What can be sent; base64 makes four letters of three bytes. */
const MAX_SENT_BYTES = (PARAM_LIMITS.imageChars / 4) * 3;

const REFUSALS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EACCES: 'cannot be read: you do not have permission',
  EPERM: 'cannot be read: you do not have permission',
  ENAMETOOLONG: 'does not exist: its name is too long',
  ELOOP: 'cannot be read: its links lead in a circle',
  ENXIO: 'is not a file',
};

/**
 * A picture for `initImage` or `maskImage`, of a kind that the server can decode.
 * @param typed see `toPath`
 * @throws SafelightError INVALID_PARAMS, with the file's name
 */
export async function readInputPicture(typed: string): Promise<Buffer> {
  const path = await toPath(typed);
  const bytes = await readInputFile(path, MAX_SENT_BYTES);
  if (isReadablePicture(bytes)) return bytes;
  throw refusal(path, `${toUnreadableWords(bytes)}; convert it to PNG or JPEG`);
}

/** A file of any kind. @throws SafelightError INVALID_PARAMS, with the file's name */
export async function readInputFile(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const bytes = await read(path, maxBytes);
    if (bytes.length === 0) throw refusal(path, 'is empty');
    return bytes;
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === undefined) throw error;
    throw refusal(path, REFUSALS[code] ?? `cannot be read (${code})`, error);
  }
}

function tooLarge(path: string, maxBytes: number): SafelightError {
  return refusal(path, `is too large: it may have ${Math.floor(maxBytes / 1e6)} MB`);
}

function refusal(path: string, words: string, cause?: unknown): SafelightError {
  return new SafelightError('INVALID_PARAMS', `${path} ${words}`, { cause });
}

async function read(path: string, maxBytes: number): Promise<Buffer> {
  const entry = await stat(path);
  if (entry.isDirectory()) throw refusal(path, 'is a folder, not a picture');
  if (entry.isFIFO()) return readPipe(path, maxBytes);
  if (!entry.isFile()) throw refusal(path, 'is not a file');
  if (entry.size > maxBytes) throw tooLarge(path, maxBytes);
  return readFile(path);
}

/** As a shell makes one for `--init <(…)`. Without a writer a blocking read would keep even the end of the process waiting. */
async function readPipe(path: string, maxBytes: number): Promise<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of new Socket({ fd, readable: true, writable: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(path, maxBytes);
  }
  return Buffer.concat(chunks);
}
