/** A request of ours from the texts of InvokeAI, whose form changed twice. */
import { PARAM_LIMITS } from '../protocol/params.js';
import { type Dialect, type Json, readDialect, shortSampler, type Texts } from './dialect.js';
import { isObject, parseLooseObject } from './loose-json.js';
import type { Recipe } from './recipe.js';

const INVOKE: Dialect = {
  ...{ writer: 'InvokeAI', prompt: ['positive_prompt', 'prompt'], negativePrompt: ['negative_prompt'] },
  ...{ guidanceScale: 'cfg_scale', steps: 'steps', model: ['model'], strength: 'strength' },
  silent: [
    'app_version',
    'app_id',
    'created_by',
    'model_hash',
    'type',
    'postprocessing',
    'generation_mode',
    'model_weights',
  ],
  toScheduler: shortSampler('scheduler'),
};

/** `invokeai_metadata` since version 3, `sd-metadata` in version 2, a command line called `Dream` before. */
export function readInvoke({ invokeai_metadata: now, 'sd-metadata': then, Dream, dream }: Texts): Recipe | undefined {
  const json = parseLooseObject(now);
  if (json !== undefined)
    return readDialect(fromInvoke3(json), { ...INVOKE, isMasked: isMasked(json.generation_mode) });
  const older = parseLooseObject(then);
  if (isObject(older?.image))
    return readDialect(fromInvoke2(older.image, older), { ...OLD_INVOKE, isMasked: isMasked(older.image.type) });
  const command = Dream ?? dream;
  return command === undefined ? undefined : readDream(command);
}

function isMasked(mode: unknown): boolean {
  return /inpaint|outpaint/.test(String(mode));
}

/** Its clip_skip counts the layers that are left out; a picture from text has a strength of no meaning. */
function fromInvoke3(json: Json): Json {
  const { model, clip_skip: skipped, strength, rand_device: device, cfg_rescale_multiplier: rescale, ...rest } = json;
  const named = isObject(model) ? (model.name ?? model.model_name) : model;
  const isFromImage = rest.init_image !== undefined || /img2img|inpaint|outpaint/.test(String(rest.generation_mode));
  return {
    ...rest,
    model: named,
    clip_skip: typeof skipped === 'number' ? skipped + 1 : skipped,
    ...(isFromImage && { strength }),
    ...(device !== 'cpu' && { rand_device: device }),
    ...(rescale !== 0 && { cfg_rescale_multiplier: rescale }),
  };
}

const OLD_INVOKE: Dialect = { ...INVOKE, toScheduler: shortSampler('sampler'), model: ['model_weights', 'model'] };

function fromInvoke2({ prompt, strength, ...image }: Json, { image: _, ...around }: Json): Json {
  const parts: unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  const words = parts.map((part) => (isObject(part) ? part.prompt : part)).filter((part) => typeof part === 'string');
  const isFromImage = image.type !== 'txt2img';
  return { ...around, ...image, ...toOldPrompts(words.join(' ')), ...(isFromImage && { strength }) };
}

/** What stands in square brackets was negative. */
function toOldPrompts(all: string): Json {
  const words = all.slice(0, PARAM_LIMITS.promptChars);
  const negative = [...words.matchAll(/\[([^\]]*)\]/g)].map(([, inner]) => inner);
  const prompt = words.replace(/\[[^\]]*\]/g, '').trim();
  return { prompt, ...(negative.length > 0 && { negative_prompt: negative.join(', ') }) };
}

const DREAM_FLAGS: Record<string, string> = {
  s: 'steps',
  S: 'seed',
  W: 'width',
  H: 'height',
  C: 'cfg_scale',
  A: 'sampler',
  f: 'strength',
};

function readDream(command: string): Recipe | undefined {
  const [, words, flags] = /^\s*"([^"]*)"\s*(.*)$/s.exec(command) ?? [];
  if (words === undefined) return undefined;
  const values = [...flags.matchAll(/-(\w)\s*([^\s-]\S*)/g)].map(([, flag, value]) => [
    DREAM_FLAGS[flag] ?? `-${flag}`,
    value,
  ]);
  return readDialect({ ...Object.fromEntries(values), ...toOldPrompts(words) }, OLD_INVOKE);
}
