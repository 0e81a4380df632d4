/** `safelight verify FILE`: makes a picture again from what its file says, and tells whether it is the same. */
import { createHash } from 'node:crypto';
import type { Client } from '../client/client.js';
import { readInputFile } from '../client/input-file.js';
import { type PixelDifference, toPixelDifference } from '../client/pixel-difference.js';
import { toPath } from '../client/typed-path.js';
import { toUnreadableWords } from '../metadata/files/picture-kinds.js';
import { type PictureHeader, readPictureTexts } from '../metadata/files/picture-texts.js';
import { isPng } from '../metadata/files/png-chunks.js';
import { type Recipe, toRecipe } from '../metadata/recipe.js';
import { parseWith, SafelightError, toSafelightError } from '../protocol/errors.js';
import { GenerationParamsSchema, type GenerationRequest, type ImageFormat } from '../protocol/params.js';
import { toPrintable } from '../protocol/printable.js';
import { decodePixels, readHeader } from '../tui/decode-picture.js';
import { createDeadline } from './deadline.js';
import { checkEnding, exitCodeOf, fail, usageError } from './failure.js';
import { createLiveScreen } from './live-screen.js';
import { DEFAULT_TIMEOUT_S, readImage } from './one-shot.js';
import { createLineReporter, createQuietReporter, type Reporter } from './reporter.js';
import { withServer } from './with-server.js';

export interface VerifyOptions {
  profile?: string;
  apiUrl?: string;
  token?: string;
  init?: string;
  mask?: string;
  timeout?: number;
  model?: string;
  json?: boolean;
}

/** Far more than a picture has that can be made again. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** @returns the exit code: 0 the same pixels, 1 others or the job failed, 2 not enough in the file, 3, 4 and 130 as everywhere */
export async function runVerify(file: string, options: VerifyOptions): Promise<number> {
  const deadline = createDeadline(options.timeout ?? DEFAULT_TIMEOUT_S);
  const reporter = createReporter(options);
  try {
    const path = await toPath(file);
    const bytes = await readInputFile(path, MAX_FILE_BYTES);
    const header = await readPictureHeader(bytes, path);
    const recipe = readRecipe(bytes, header, path);
    const params = await toRequest(withSizeOf(header, recipe), bytes, options);
    // A pulled model lies in a folder org--name, which is what the file calls it.
    const model = options.model ?? recipe.model?.replace('--', '/');
    const remake = await withServer({ ...options, model, signal: deadline.signal }, reporter.note, (client) =>
      makeAgain(client, options.apiUrl === undefined ? params : { ...params, model }, reporter, deadline.signal),
    );
    reporter.close();
    return report(recipe, await compare(bytes, remake), options);
  } catch (error) {
    reporter.close();
    const told = deadline.signal.aborted ? deadline.signal.reason : error;
    fail(told);
    return deadline.signal.aborted ? deadline.exitCode() : exitCodeOf(toSafelightError(told));
  } finally {
    reporter.close();
    deadline.stop();
  }
}

function createReporter({ json }: VerifyOptions): Reporter {
  if (json === true) return createQuietReporter();
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return createLineReporter(1);
  return createLiveScreen(process.stderr, undefined, 1);
}

async function readPictureHeader(bytes: Buffer, file: string): Promise<PictureHeader> {
  try {
    return await readHeader(bytes);
  } catch {
    throw usageError(`${file} ${toUnreadableWords(bytes)}`);
  }
}

function readRecipe(bytes: Buffer, { exif }: PictureHeader, file: string): Recipe {
  try {
    return toRecipe(readPictureTexts(bytes, exif));
  } catch (error) {
    throw usageError(`${file}: ${toSafelightError(error).message}`);
  }
}

/** A picture made from another one may not say its size: then the file's own is the one, as there is no hires pass. */
function withSizeOf({ width, height }: PictureHeader, recipe: Recipe): Recipe {
  const isSaid = recipe.params.width !== undefined || recipe.params.hiresScale !== undefined;
  return isSaid ? recipe : { ...recipe, params: { ...recipe.params, width, height } };
}

/** @throws SafelightError INVALID_PARAMS when the file tells too little, or what we cannot do */
async function toRequest(recipe: Recipe, bytes: Buffer, options: VerifyOptions): Promise<GenerationRequest> {
  for (const part of ['seed', 'prompt'] as const)
    if (recipe.params[part] === undefined) throw usageError(toMissing(part, recipe));
  const initImage = await readPart(recipe.initImage, '--init', options.init);
  const maskImage = await readPart(recipe.maskImage, '--mask', options.mask);
  const request = { ...recipe.params, initImage, maskImage, format: formatOf(bytes) };
  parseWith(GenerationParamsSchema, request);
  return request as GenerationRequest;
}

/** With the reason, where it could be found: a prompt may come from a node that is not known here. */
function toMissing(part: 'seed' | 'prompt', { writer, unknown }: Recipe): string {
  const why = unknown.filter((words) => words.toLowerCase().includes(part));
  return [`the file says no ${part} (written by ${writer})`, ...why].join('; ');
}

/** @returns base64 of the file, checked to be the one that was used where that is known */
async function readPart(
  part: Recipe['initImage'],
  flag: string,
  path: string | undefined,
): Promise<string | undefined> {
  if (part === undefined) return undefined;
  if (path === undefined) throw usageError(`it was made from another picture: give that one with ${flag}`);
  const bytes = await readImage(flag, path);
  const isAnother = part.sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== part.sha256;
  if (isAnother) throw usageError(`${flag}: ${path} is another picture than the one that was used`);
  return bytes.toString('base64');
}

/** The losses of a format are part of the picture. */
function formatOf(bytes: Buffer): ImageFormat {
  if (isPng(bytes)) return 'png';
  return bytes.toString('latin1', 8, 12) === 'WEBP' ? 'webp' : 'jpeg';
}

async function makeAgain(
  client: Client,
  params: GenerationRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let remake: Uint8Array | undefined;
  for await (const event of client.generate(params, { signal })) {
    reporter.event(event);
    if (event.type === 'image') remake = await client.download(event, { signal });
    if (event.type === 'completed') client.ack(event.jobId);
    checkEnding(event, signal);
  }
  if (remake === undefined) throw new SafelightError('BAD_ANSWER', 'the job ended without a picture');
  return remake;
}

interface Sizes {
  was: string;
  is: string;
}

async function compare(original: Uint8Array, remake: Uint8Array): Promise<PixelDifference | Sizes> {
  const [a, b] = await Promise.all([decodePixels(original), decodePixels(remake)]);
  if (a.width === b.width && a.height === b.height) return toPixelDifference(a, b);
  return { was: `${a.width}×${a.height}`, is: `${b.width}×${b.height}` };
}

/** The verdict on stdout; what could not be known, where it may be the reason. @returns the exit code */
function report(recipe: Recipe, difference: PixelDifference | Sizes, { json }: VerifyOptions): number {
  const { writer, model, params, unknown } = recipe;
  const same = 'max' in difference && difference.max === 0;
  const lines = [toVerdict(difference), ...(same ? [] : unknown.map((words) => `not known: ${words}`))];
  if (json === true) process.stdout.write(`${JSON.stringify({ same, writer, difference, model, params, unknown })}\n`);
  else process.stdout.write(`${toPrintable(lines.join('\n'))}\n`);
  return same ? 0 : 1;
}

function toVerdict(difference: PixelDifference | Sizes): string {
  if (!('max' in difference)) return `different: it is ${difference.was}, made again ${difference.is}`;
  const { max, mean, share } = difference;
  if (max === 0) return 'same: every pixel';
  const percent = Math.max(0.1, share * 100).toFixed(1);
  return `different: by up to ${max} of 255 levels, ${mean.toFixed(2)} on average, in ${percent} % of the pixels`;
}
