/** What a picture says of its own making: AUTOMATIC1111's `parameters` text, and our JSON that reproduces the job. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { A1111_NAMES } from '../metadata/a1111-samplers.js';
import type { JobRecord } from '../metadata/job-record.js';
import type { ModelSummary } from '../protocol/messages.js';
import { PARAM_DEFAULTS } from '../protocol/params.js';
import type { ResolvedParams } from './request.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/**
 * Prompt, `Negative prompt: …`, then one line of `Key: value` pairs in AUTOMATIC1111's order (modules/processing.py).
 * `RNG: CPU` says that the noise is torch's CPU noise: readers take a missing RNG for the GPU's.
 */
export function toParametersText(params: ResolvedParams, model: ModelSummary): string {
  const scheduler = params.scheduler ?? model.scheduler;
  const [sampler, scheduleType] = scheduler === undefined ? [] : A1111_NAMES[scheduler];
  const pairs: [string, string | number | undefined][] = [
    ['Steps', params.steps],
    ['Sampler', sampler],
    ['Schedule type', scheduleType],
    ['CFG scale', params.guidanceScale],
    ['Seed', params.seed],
    ['Size', `${params.width}x${params.height}`],
    ['Model', model.id],
    ['Variation seed', params.variationSeed],
    ['Variation seed strength', params.variationStrength],
    ['Denoising strength', params.hiresScale === undefined ? params.strength : hiresStrengthOf(params)],
    ['Clip skip', params.clipSkip > 1 ? params.clipSkip : undefined],
    ['RNG', 'CPU'],
    ['Hires upscale', params.hiresScale],
    ['Hires upscaler', params.hiresScale === undefined ? undefined : 'Lanczos'],
    // Keys of our own: its prompt editing, [from:to:when], changes neither guidance nor noise.
    ['Branch step', params.branchStep],
    ['Branch prompt', params.branchPrompt],
    ['Branch negative prompt', params.branchNegativePrompt],
    ['Branch CFG scale', params.branchGuidanceScale],
    ['Branch seed', params.branchSeed],
    ['Version', `safelight ${version}`],
  ];
  const given = pairs.filter(([, value]) => value !== undefined);
  const line = given.map(([key, value]) => `${key}: ${quote(String(value))}`).join(', ');
  const negative = params.negativePrompt === '' ? [] : [`Negative prompt: ${params.negativePrompt}`];
  return [params.prompt, ...negative, line].join('\n').trim();
}

function hiresStrengthOf({ hiresStrength = PARAM_DEFAULTS.hiresStrength }: ResolvedParams): number {
  return hiresStrength;
}

/** A value that holds a separator, or that a reader would trim or unquote, is written as a JSON string. */
function quote(value: string): string {
  return /[,:\n"]|^\s|\s$/.test(value) ? JSON.stringify(value) : value;
}

/**
 * The request that makes this picture again, in ASCII (EXIF’s ImageDescription takes nothing else); input pictures are named by their hash, not carried along.
 * Its keys are sorted: a job that went over the disk or another server's wire must make the same file byte by byte.
 * @param params of this one picture (`paramsOfImage`)
 */
export function toJobJson(params: ResolvedParams, model: ModelSummary): string {
  const { initImage, maskImage, ...rest } = params;
  const job: JobRecord = {
    safelight: version,
    model: model.id,
    params: toSorted(rest),
    ...(initImage === undefined ? {} : { initImageSha256: hashOfBase64(initImage) }),
    ...(maskImage === undefined ? {} : { maskImageSha256: hashOfBase64(maskImage) }),
  };
  return JSON.stringify(job).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function toSorted(params: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hashOfBase64(base64: string): string {
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
}
