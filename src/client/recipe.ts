/** How a picture was made, from the texts in its file: ours, AUTOMATIC1111's or ComfyUI's. */
import { parseA1111Parameters, toSchedulerName } from '../protocol/a1111.js';
import { SafelightError } from '../protocol/errors.js';
import { JobRecordSchema } from '../protocol/job-record.js';
import { readComfyGraph } from './comfy-graph.js';

export interface Recipe {
  writer: 'safelight' | 'AUTOMATIC1111' | 'ComfyUI';
  /** A request as it stands in the file, not checked; without input pictures and file format. */
  params: Record<string, unknown>;
  /** Id or name of the model. */
  model: string | undefined;
  /** It was made from other pictures, of this SHA-256 where the file tells it. */
  initImage?: { sha256: string | undefined };
  maskImage?: { sha256: string | undefined };
  /** What the picture may depend on and the file does not say, or we do not do; in words. */
  unknown: string[];
}

/** @param texts by keyword, as PNG files carry them  @throws SafelightError INVALID_PARAMS when they do not tell enough */
export function toRecipe({ safelight, parameters, prompt }: Record<string, string>): Recipe {
  const recipe =
    (safelight !== undefined && fromJobRecord(safelight)) ||
    (parameters !== undefined && fromA1111(parameters)) ||
    (prompt !== undefined && fromComfy(prompt));
  if (recipe) return recipe;
  throw new SafelightError('INVALID_PARAMS', 'the file does not say how it was made');
}

function fromJobRecord(text: string): Recipe | undefined {
  const record = JobRecordSchema.safeParse(parseJson(text)).data;
  if (record === undefined) return undefined;
  const { initImageSha256, maskImageSha256, params, model, safelight } = record;
  return {
    writer: 'safelight',
    params,
    model,
    ...(initImageSha256 !== undefined && { initImage: { sha256: initImageSha256 } }),
    ...(maskImageSha256 !== undefined && { maskImage: { sha256: maskImageSha256 } }),
    unknown: [`whether the model is the same one: the file names it ${model}, and safelight ${safelight} made it`],
  };
}

/** Its keys that say nothing of the pixels, or nothing that we could use. */
const A1111_SILENT = ['Version', 'User', 'Model hash'];

function fromA1111(text: string): Recipe | undefined {
  const parsed = parseA1111Parameters(text);
  if (parsed === undefined) return undefined;
  const { prompt, negativePrompt, pairs } = parsed;
  const take = (key: string) => {
    const value = pairs.get(key);
    pairs.delete(key);
    return value;
  };
  const number = (key: string) => toNumber(take(key));
  const unknown: string[] = [];

  const version = take('Version');
  const isOurs = version?.startsWith('safelight') === true;
  if (!isOurs) unknown.push('how its sampler spaced the steps and counted the strength: ours do as diffusers does');
  if (take('RNG') !== 'CPU')
    unknown.push('the first noise: it came from a GPU’s generator, ours is torch’s on the CPU');
  const [sampler, schedule] = [take('Sampler'), take('Schedule type')];
  const scheduler = sampler === undefined ? undefined : toSchedulerName(sampler, schedule);
  if (sampler !== undefined && scheduler === undefined)
    unknown.push(`the sampler ${[sampler, schedule].filter(Boolean).join(' ')}`);
  if (/<\w+:[^>]+>/.test(prompt)) unknown.push('extra networks of the prompt: <…> is text to us');

  const model = take('Model');
  const hiresScale = number('Hires upscale');
  const denoising = number('Denoising strength');
  const upscaler = take('Hires upscaler');
  if (hiresScale !== undefined && upscaler !== 'Lanczos') unknown.push(`the upscaler ${upscaler ?? ''}`);
  const [, width, height] = /^(\d+)x(\d+)$/.exec(take('Size') ?? '') ?? [];
  const params = {
    prompt,
    negativePrompt,
    steps: number('Steps'),
    guidanceScale: number('CFG scale'),
    seed: number('Seed'),
    ...{ width: toNumber(width), height: toNumber(height), scheduler, hiresScale },
    strength: hiresScale === undefined ? denoising : undefined,
    hiresStrength: hiresScale === undefined ? undefined : denoising,
    variationSeed: number('Variation seed'),
    variationStrength: number('Variation seed strength'),
    clipSkip: number('Clip skip'),
    branchStep: number('Branch step'),
    branchPrompt: take('Branch prompt'),
    branchNegativePrompt: take('Branch negative prompt'),
    branchGuidanceScale: number('Branch CFG scale'),
    branchSeed: number('Branch seed'),
  };
  for (const key of A1111_SILENT) pairs.delete(key);
  for (const [key, value] of pairs) unknown.push(`${key}: ${value}`);
  return {
    writer: isOurs ? 'safelight' : 'AUTOMATIC1111',
    params: withoutGaps(params),
    model,
    ...(params.strength !== undefined && { initImage: { sha256: undefined } }),
    unknown,
  };
}

function fromComfy(text: string): Recipe | undefined {
  const graph = readComfyGraph(parseJson(text));
  if (graph === undefined) return undefined;
  const { model, isFromImage, unknown, ...params } = graph;
  return {
    writer: 'ComfyUI',
    params: withoutGaps(params),
    model,
    ...(isFromImage && { initImage: { sha256: undefined } }),
    unknown,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toNumber(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}

function withoutGaps(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
