/** A request of ours from the JSON of another program, by how that program names its values. */
import { SCHEDULER_NAMES } from '../protocol/params.js';
import { fromComfySampler } from './comfy-samplers.js';
import { toFileName } from './model-file.js';
import type { Recipe } from './recipe.js';
import { createTold, type Told } from './told.js';

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
  /** Share of a start picture that is repainted; of a picture from text there is none. */
  strength: string;
  /** Say nothing of the pixels. */
  silent: string[];
  toScheduler(told: Told): { scheduler: string | undefined; words: string };
}

/** What maps is taken, the rest is named. */
export function readDialect(values: Json, dialect: Dialect): Recipe {
  const unknown = ['how its sampler spaced the steps, and how it weighted the prompt: ours do as diffusers does'];
  const told = createTold(Object.entries(values), unknown);
  const prompt = told.text(...dialect.prompt);
  if (prompt === undefined) unknown.push('the prompt: the file does not have it in words');
  const { scheduler, words } = dialect.toScheduler(told);
  if (scheduler === undefined && words !== '')
    unknown.push(`the sampler ${words}: it does not exist here and is not taken over`);
  const model = told.text(...dialect.model);
  const strength = told.number(dialect.strength);
  const params = {
    ...{ prompt, negativePrompt: told.text(...dialect.negativePrompt), scheduler, strength },
    ...{ width: told.whole('width'), height: told.whole('height'), steps: told.whole(dialect.steps) },
    ...{ guidanceScale: told.number(dialect.guidanceScale), seed: told.seed('seed'), clipSkip: readClipSkip(told) },
  };
  told.drop(...dialect.silent);
  told.nameRest();
  return {
    writer: dialect.writer,
    params,
    model: model && toFileName(model),
    ...(strength !== undefined && { initImage: { sha256: undefined } }),
    unknown,
  };
}

/** SwarmUI counts from the end as -1, -2, …. */
function readClipSkip(told: Told): number | undefined {
  const layer = told.whole('clip_skip', 'clipstopatlayer');
  return layer === undefined || layer === 0 ? undefined : Math.abs(layer);
}

export function comfySampler(told: Told): { scheduler: string | undefined; words: string } {
  const [sampler, schedule] = [told.text('sampler', 'comfyuisampler'), told.text('scheduler', 'comfyuischeduler')];
  const words = [sampler, schedule].filter((each) => each !== undefined).join(' ');
  return { scheduler: sampler && fromComfySampler(sampler, schedule), words };
}

/** InvokeAI's and Easy Diffusion's names are diffusers' in short, `_k` for Karras; `k_…` in InvokeAI's first files. */
export function shortSampler(key: string) {
  return (told: Told) => {
    const words = told.text(key) ?? '';
    const ours = words.replace(/^k_/, '').replace(/_k$/, '_karras').replace('plms', 'pndm');
    return { scheduler: SCHEDULER_NAMES.find((name) => name === ours), words };
  };
}

/** `512x768`, `(512, 768)`; what is neither stays under its own name. */
export function toSides(value: unknown, key: string): Json {
  const [, width, height] = /^\s*\(?\s*(\d+)\s*[x×,]\s*(\d+)\s*\)?\s*$/.exec(String(value ?? '')) ?? [];
  return width === undefined ? { [key]: value } : { width, height };
}
