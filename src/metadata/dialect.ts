/** A request of ours from the JSON of another program, by how that program names its values. */
import { SCHEDULER_NAMES } from '../protocol/params.js';
import { fromComfySampler, toComfyNotes } from './comfy/comfy-samplers.js';
import { createFileValues, type FileValues } from './file-values.js';
import { toFileName } from './model-file.js';
import type { Recipe } from './recipe.js';

export type Json = Record<string, unknown>;
export type Texts = Record<string, string | undefined>;

/** How one program names what a request has. */
export interface Dialect {
  writer: Recipe['writer'];
  prompt: string[];
  negativePrompt: string[];
  guidanceScale: string;
  steps: string;
  model: string[];
  /** Share of the start picture that is repainted; left out of the file for a picture from text. */
  strength: string;
  /** Names of the second seed and of its share. */
  variation?: [seed: string, strength: string];
  readHires?(values: FileValues): Hires;
  /** The picture was made with a mask. */
  isMasked?: boolean;
  /** Say nothing of the pixels. */
  silent: string[];
  toScheduler(values: FileValues): NamedScheduler;
}

export interface Hires {
  params: Json;
  notes: string[];
}

export interface NamedScheduler {
  scheduler: string | undefined;
  /** As the file names it; empty when it does not. */
  words: string;
  /** What differs although the sampler exists here. */
  notes?: string[];
}

/** What maps is taken, the rest is named. */
export function readDialect(json: Json, dialect: Dialect): Recipe {
  const unknown = ['how its sampler spaced the steps, and how it weighted the prompt: ours do as diffusers does'];
  const values = createFileValues(Object.entries(json), unknown);
  const prompt = values.text(...dialect.prompt);
  if (prompt === undefined) unknown.push('the prompt: the file does not have it in words');
  const { scheduler, words, notes = [] } = dialect.toScheduler(values);
  if (scheduler === undefined) unknown.push(toMissing(words));
  else unknown.push(...notes);
  const model = values.text(...dialect.model);
  const strength = values.number(dialect.strength);
  const hires = dialect.readHires?.(values);
  unknown.push(...(hires?.notes ?? []));
  const params = {
    ...hires?.params,
    ...(dialect.variation && readVariation(values, ...dialect.variation)),
    ...{ prompt, negativePrompt: values.text(...dialect.negativePrompt), scheduler, strength },
    ...{ width: values.whole('width'), height: values.whole('height'), steps: values.whole(dialect.steps) },
    ...{
      guidanceScale: values.number(dialect.guidanceScale),
      seed: values.seed('seed'),
      clipSkip: readClipSkip(values),
    },
  };
  values.drop(...dialect.silent);
  values.nameRest();
  return {
    writer: dialect.writer,
    params,
    model: model && toFileName(model),
    ...(strength !== undefined && { initImage: { sha256: undefined } }),
    ...(dialect.isMasked === true && { maskImage: { sha256: undefined } }),
    unknown,
  };
}

/** A second seed without a share, or the other way round, changes nothing. */
export function readVariation(values: FileValues, seed: string, strength: string): Record<string, number | undefined> {
  if (!values.has(seed) || !values.has(strength)) return {};
  const [variationSeed, variationStrength] = [values.seed(seed), values.number(strength)];
  const isWhole = variationSeed !== undefined && variationStrength !== undefined && variationStrength > 0;
  return isWhole ? { variationSeed, variationStrength } : {};
}

function toMissing(words: string): string {
  return words === ''
    ? 'the sampler: the file does not name it'
    : `the sampler ${words}: it does not exist here and is not taken over`;
}

/** SwarmUI counts from the end as -1, -2, …. */
function readClipSkip(values: FileValues): number | undefined {
  const layer = values.whole('clip_skip', 'clipstopatlayer');
  return layer === undefined || layer === 0 ? undefined : Math.abs(layer);
}

export function comfySampler(values: FileValues): NamedScheduler {
  return toNamed(values.text('sampler', 'sampler_name'), values.text('scheduler'));
}

/** By ComfyUI's names. */
export function toNamed(sampler: string | undefined, schedule: string | undefined): NamedScheduler {
  const words = [sampler, schedule].filter((each) => each !== undefined).join(' ');
  if (sampler === undefined) return { scheduler: undefined, words };
  return { scheduler: fromComfySampler(sampler, schedule), words, notes: toComfyNotes(sampler) };
}

/**
 * InvokeAI's and Easy Diffusion's names are diffusers' in short, `_k` for Karras; `k_…` in InvokeAI's first files, where
 * `dpmpp_2` is DPMSolverMultistepScheduler, which is DPM++ 2M (ldm/generate.py).
 */
export function shortSampler(key: string) {
  return (values: FileValues): NamedScheduler => {
    const words = values.text(key) ?? '';
    const short = words.replace(/^k_/, '').replace(/_k$/, '_karras');
    const ours = short.replace('plms', 'pndm').replace(/^dpmpp_2$/, 'dpmpp_2m');
    return { scheduler: SCHEDULER_NAMES.find((name) => name === ours), words };
  };
}

/** `512x768`, `(512, 768)`; what is neither stays under its own name. */
export function toSides(value: unknown, key: string): Json {
  const [, width, height] = /^\s*\(?\s*(\d+)\s*[x×,]\s*(\d+)\s*\)?\s*$/.exec(String(value ?? '')) ?? [];
  return width === undefined ? { [key]: value } : { width, height };
}
