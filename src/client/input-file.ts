/** Pictures that a person names to start from: read, with words for whatever is wrong with the file. */
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { SafelightError } from '../protocol/errors.js';
import { PARAM_LIMITS } from '../protocol/params.js';
import { fileErrorCode } from './durable-file.js';
import { toPath } from './typed-path.js';

/** What can be sent; base64 makes four letters of three bytes. */
const MAX_SENT_BYTES = (PARAM_LIMITS.imageChars / 4) * 3;
/** AV1 in HEIF, which the engine decodes; HEVC in it, which is patented, and which it does not. */
const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1'];

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
  const fault = findFault(bytes);
  if (fault !== undefined) throw refusal(path, fault);
  return bytes;
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

const startsWith = (bytes: Buffer, text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;

/** Of the kinds that the engine decodes: PNG, JPEG, GIF, TIFF in both byte orders (also its 64-bit form), WebP. */
const isDecodable = (bytes: Buffer) =>
  ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) =>
    startsWith(bytes, magic),
  ) ||
  (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8));

/** By its first bytes, as its ending may lie. @returns undefined when nothing speaks against it */
function findFault(bytes: Buffer): string | undefined {
  if (isDecodable(bytes)) return undefined;
  const brands = toBrands(bytes);
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return undefined;
  if (brands.some((brand) => HEIC_BRANDS.includes(brand)))
    return 'is a HEIC picture, which cannot be read here: save it as JPEG or PNG';
  return 'is not a picture that can be read: PNG, JPEG, WebP, AVIF, GIF and TIFF files can';
}

/** Which kinds of HEIF the file says it is (ISO/IEC 14496-12, the `ftyp` box); none in any other file. */
function toBrands(bytes: Buffer): string[] {
  if (bytes.length < 16 || !startsWith(bytes, 'ftyp', 4)) return [];
  const box = bytes.toString('latin1', 8, Math.min(bytes.length, bytes.readUInt32BE(0)));
  return box.match(/.{4}/gs) ?? [];
}
