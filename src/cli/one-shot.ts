/** `safelight "PROMPT"`: one job from the command line to the saved files. */
import { join } from 'node:path';
import { type Job, toJob } from '../client/client.js';
import { removeTemporaries } from '../client/durable-file.js';
import { readInputPicture } from '../client/input-file.js';
import { type KeptClient, keepJobs } from '../client/kept-client.js';
import { DEFAULT_NAME } from '../client/picture-name.js';
import { createPromptHistory } from '../client/prompt-history.js';
import { randomSeed } from '../client/random-seed.js';
import { checkSaving, type SaveOptions } from '../client/save.js';
import type { PreviewChoice } from '../client/settings.js';
import { toPath } from '../client/typed-path.js';
import { createListReader } from '../client/wildcard-lists.js';
import { expandPrompts } from '../client/wildcards.js';
import { parseWith, toSafelightError } from '../protocol/errors.js';
import type { PreviewWish } from '../protocol/messages.js';
import { GenerationParamsSchema, type GenerationRequest } from '../protocol/params.js';
import { RANDOM_SEED } from '../protocol/seed.js';
import { NO_COLOR_WORDS, type PictureColor, refusesColor, toPictureColor } from '../tui/terminal/color-depth.js';
import { watchJobControl } from '../tui/terminal/job-control.js';
import { createDeadline } from './deadline.js';
import { configDir, dataDir, isPlain } from './env.js';
import { exitCodeOf, fail, toWords, usageError } from './failure.js';
import { journalFor, toOffer } from './journal.js';
import { createLiveScreen, type LiveScreen, previewBox } from './live-screen.js';
import { toOneLine } from './one-line.js';
import { flagOfParam } from './options.js';
import { createJsonReporter, createLineReporter, createQuietReporter, type Reporter } from './reporter.js';
import { savePictures } from './save-pictures.js';
import { withServer } from './with-server.js';

/** As the table in options.ts says; commander leaves out what was not given. */
export interface OneShotOptions {
  apiUrl?: string | undefined;
  token?: string | undefined;
  profile?: string | undefined;
  prompt?: string;
  negative?: string;
  width?: number;
  height?: number;
  steps?: number;
  guidance?: number;
  seed?: number;
  scheduler?: GenerationRequest['scheduler'];
  count?: number;
  init?: string;
  strength?: number;
  mask?: string;
  model?: string;
  clipSkip?: number;
  variationSeed?: number;
  variationStrength?: number;
  hires?: number;
  hiresStrength?: number;
  branchStep?: number;
  branchPrompt?: string;
  branchNegative?: string;
  branchGuidance?: number;
  branchSeed?: number;
  timeout?: number;
  outputDir?: string;
  name?: string;
  format?: GenerationRequest['format'];
  save: boolean;
  /** false = `--no-preview`. */
  preview?: PreviewChoice | false;
  /** Not the whole truth: `isPlain` knows the environment, too. */
  plain?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** What is shown while a job runs. */
type Look = Pick<OneShotOptions, 'json' | 'quiet' | 'preview' | 'plain'>;

export const DEFAULT_TIMEOUT_S = 180;
const DEFAULT_OUTPUT_DIR = 'generated_images';
const PREVIEWS_PER_SECOND = 8;
/** A job that was told to stop ends within one step; a server that does not answer must not hold the user. */
const CANCEL_GRACE_MS = 5000;
const KEPT = 'safelight: the job is kept; `safelight resume` gets its pictures\n';

/** @returns the exit code (design §4) */
export async function runOneShot(options: OneShotOptions & { prompt: string }): Promise<number> {
  const deadline = createDeadline(options.timeout ?? DEFAULT_TIMEOUT_S);
  let reporter: Reporter | undefined;
  let kept: KeptClient | undefined;
  process.once('exit', removeTemporaries);
  try {
    const params = await toRequest(options);
    const shown = createReporter(options, params.count ?? 1);
    reporter = shown;
    const job = await expandJob(toJob(params), shown);
    const save = await toSaveOptions(options);
    if (options.save) await checkSaving(save);
    const journal = journalFor(options);
    const offer = await toOffer(journal, options);
    if (offer !== undefined) shown.note(offer);
    const wish = { ...options, preview: toPreviewWish(options), signal: deadline.signal };
    await withServer(wish, shown.note, async (client) => {
      kept = keepJobs(client, { journal, save, note: shown.note });
      await rememberPrompt(options.prompt, shown);
      await makePictures(kept, job, options, deadline.signal, shown);
    });
    return 0;
  } catch (error) {
    const told = deadline.signal.aborted ? deadline.signal.reason : error;
    reporter?.failed(told);
    reporter?.close();
    if (options.json !== true) fail(told);
    if (options.json !== true && options.quiet !== true && kept?.hasUnfinished) process.stderr.write(KEPT);
    return deadline.signal.aborted ? deadline.exitCode() : exitCodeOf(toSafelightError(told));
  } finally {
    reporter?.close();
    deadline.stop();
  }
}

/** @throws SafelightError INVALID_PARAMS in the schema's words */
export async function toRequest(options: OneShotOptions): Promise<GenerationRequest> {
  const request = {
    ...toDefaults(options),
    prompt: options.prompt ?? '',
    ...(options.init !== undefined && { initImage: (await readImage('--init', options.init)).toString('base64') }),
    ...(options.mask !== undefined && { maskImage: (await readImage('--mask', options.mask)).toString('base64') }),
  };
  parseWith(GenerationParamsSchema, request);
  return request;
}

/** One job has one prompt, however many pictures it makes. */
async function expandJob({ jobId, params }: ReturnType<typeof toJob>, { note }: Reporter): Promise<Job> {
  const expanded = await expandPrompts(params, createListReader(join(configDir(), 'wildcards')));
  const changed = (['prompt', 'negativePrompt'] as const).filter((field) => expanded[field] !== params[field]);
  for (const field of changed) note(`${flagOfParam(field).slice(2)}: ${toOneLine(expanded[field] ?? '')}`);
  if (changed.length > 0) parseWith(GenerationParamsSchema, expanded);
  return { jobId, params: expanded };
}

/** What a person typed, not what scripts make by the thousand. */
async function rememberPrompt(prompt: string, { note }: Reporter): Promise<void> {
  if (!process.stderr.isTTY) return;
  const history = createPromptHistory(join(dataDir(), 'prompts'));
  await history.add(prompt).catch((error) => note(`the prompt cannot be kept: ${String(error)}`));
}

/** All but the prompt and the pictures: what a terminal UI starts from, too. Only what was given is set. */
export function toDefaults(options: OneShotOptions): Omit<GenerationRequest, 'prompt'> {
  const { width, height, steps, scheduler, count, strength, clipSkip, format } = options;
  const { variationStrength, hiresStrength, branchStep, branchPrompt } = options;
  const all = {
    negativePrompt: options.negative,
    guidanceScale: options.guidance,
    hiresScale: options.hires,
    branchNegativePrompt: options.branchNegative,
    branchGuidanceScale: options.branchGuidance,
    // Without a URL it is the default of the embedded server.
    model: options.apiUrl === undefined ? undefined : options.model,
    // Drawn later, as if it had not been given: a form must not keep it.
    seed: options.seed === RANDOM_SEED ? undefined : options.seed,
    variationSeed: drawIfRandom(options.variationSeed),
    branchSeed: drawIfRandom(options.branchSeed),
    ...{ width, height, steps, scheduler, count, strength, clipSkip, format },
    ...{ variationStrength, hiresStrength, branchStep, branchPrompt },
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function drawIfRandom(seed: number | undefined): number | undefined {
  return seed === RANDOM_SEED ? randomSeed() : seed;
}

export async function toSaveOptions(options: OneShotOptions): Promise<SaveOptions> {
  const { outputDir = DEFAULT_OUTPUT_DIR, name = DEFAULT_NAME } = options;
  return { outputDir: await toPath(outputDir), name };
}

/** @throws SafelightError INVALID_PARAMS that begins with the flag */
export async function readImage(flag: string, typed: string): Promise<Buffer> {
  try {
    return await readInputPicture(typed);
  } catch (error) {
    throw usageError(`${flag}: ${toWords(error)}`);
  }
}

export function createReporter({ json, quiet, preview, plain }: Look, count: number): Reporter {
  if (json === true) return createJsonReporter();
  if (quiet === true) return createQuietReporter();
  if (!process.stderr.isTTY || isPlain({ plain })) return createLineReporter(count);
  const color = colorOf(preview);
  const screen = withJobControl(createLiveScreen(process.stderr, color, count));
  const isLeftOut = color === undefined && toPreviewChoice(preview) === 'auto';
  if (isLeftOut && refusesColor(process.env)) screen.note(NO_COLOR_WORDS);
  return screen;
}

/** Ctrl-Z leaves no half-drawn picture above the shell's prompt, and `fg` draws it again. */
function withJobControl(screen: LiveScreen): Reporter {
  const jobControl = watchJobControl(process, screen.lend);
  return {
    ...screen,
    close() {
      jobControl.stop();
      screen.close();
    },
  };
}

export function toPreviewChoice(preview: OneShotOptions['preview']): PreviewChoice {
  return preview === false ? 'off' : (preview ?? 'auto');
}

/** Its pictures are half blocks, whatever the terminal could show. */
function colorOf(preview: OneShotOptions['preview']): PictureColor | undefined {
  return toPictureColor(process.env, toPreviewChoice(preview));
}

/** Previews cost the server time: they are asked for only where they are shown. */
export function toPreviewWish({ json, quiet, preview, plain }: Look): PreviewWish | undefined {
  const isLive = json !== true && quiet !== true && process.stderr.isTTY && !isPlain({ plain });
  const isShown = isLive && colorOf(preview) !== undefined;
  return isShown ? { ...previewBox(process.stderr), format: 'rgb', maxPerSecond: PREVIEWS_PER_SECOND } : undefined;
}

async function makePictures(
  client: KeptClient,
  { jobId, params }: Job,
  { save }: OneShotOptions,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<void> {
  const giveUp = () => setTimeout(() => void client.close(), CANCEL_GRACE_MS).unref();
  signal.addEventListener('abort', giveUp, { once: true });
  await savePictures(client.generate(params, { jobId, signal }), { client, reporter, signal, isWanted: () => save });
}
