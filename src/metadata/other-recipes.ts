/** Requests of ours from the JSON of SwarmUI, Fooocus, RuinedFooocus and Easy Diffusion. */
import { toSchedulerName } from './a1111-samplers.js';
import {
  comfySampler,
  type Dialect,
  type Hires,
  type Json,
  type NamedScheduler,
  readDialect,
  shortSampler,
  type Texts,
  toNamed,
  toSides,
} from './dialect.js';
import type { FileValues } from './file-values.js';
import { isObject } from './loose-json.js';
import type { Recipe } from './recipe.js';

const SWARM: Dialect = {
  ...{ writer: 'SwarmUI', prompt: ['prompt'], negativePrompt: ['negativeprompt'], guidanceScale: 'cfgscale' },
  ...{ steps: 'steps', model: ['model'], strength: 'initimagecreativity', toScheduler: swarmSampler },
  variation: ['variationseed', 'variationseedstrength'],
  readHires: swarmHires,
  silent: [
    ...['swarm_version', 'date', 'generation_time', 'images', 'nopreviews', 'imageformat', 'aspectratio', 'batchsize'],
    ...['personalnote', 'wildcardseed', 'automaticvae', 'prep_time', 'gen_time', 'original_prompt'],
    ...['original_negativeprompt', 'presets'],
  ],
};

/** Its refiner is a hires pass where it comes after the picture, enlarges it, and has the same model. */
function swarmHires(values: FileValues): Hires {
  const [scale, strength] = [values.number('refinerupscale'), values.number('refinercontrolpercentage')];
  const [method, upscaler] = [values.text('refinermethod'), values.text('refinerupscalemethod')];
  const isPass = (scale ?? 1) > 1 && (strength ?? 0) > 0 && (method === undefined || method === 'PostApply');
  const words = [method, scale, strength, upscaler].filter((each) => each !== undefined).join(', ');
  if (!isPass) return { params: {}, notes: words === '' ? [] : [`its refiner: ${words}`] };
  const notes = upscaler === 'pixel-lanczos' ? [] : [`the upscaler ${upscaler ?? 'of its refiner'}: ours is Lanczos`];
  return { params: { hiresScale: scale, hiresStrength: strength }, notes };
}

/** Two backends: ComfyUI, whose sampler is euler unless one is chosen (WorkflowGeneratorSteps.cs), and AUTOMATIC1111. */
function swarmSampler(values: FileValues): NamedScheduler {
  const web = values.text('autowebuisampler');
  if (web !== undefined) return { scheduler: toSchedulerName(web, undefined), words: web };
  const [sampler, schedule] = [values.text('sampler', 'comfyuisampler'), values.text('scheduler', 'comfyuischeduler')];
  const named = toNamed(sampler ?? 'euler', schedule);
  if (sampler !== undefined) return named;
  return { ...named, notes: ['the sampler: the file does not name it, which is euler in SwarmUI for most models'] };
}

/** https://github.com/mcmonkeyprojects/SwarmUI, T2IParamTypes.cs: one object, `sui_image_params`; other writers leave it flat. */
export function readSwarm(json: Json): Recipe | undefined {
  const isFlat = json.cfgscale !== undefined && typeof json.prompt === 'string';
  const params = isFlat ? json : json.sui_image_params;
  return isObject(params) ? readDialect(params, SWARM) : undefined;
}

const FOOOCUS: Dialect = {
  ...{ writer: 'Fooocus', prompt: ['prompt'], negativePrompt: ['negative_prompt'], guidanceScale: 'guidance_scale' },
  ...{ steps: 'steps', model: ['base_model'], strength: 'strength', toScheduler: comfySampler },
  silent: ['version', 'metadata_scheme', 'created_by', 'base_model_hash', 'full_prompt', 'full_negative_prompt'],
};

/** modules/meta_parser.py: sizes are `(width, height)`. `loras` repeats `lora_combined_1` and so on, with hashes. */
export function readFooocus(json: Json, texts: Texts): Recipe | undefined {
  if (json.software === 'RuinedFooocus') return readDialect(json, RUINED_FOOOCUS);
  const isIts =
    json.metadata_scheme === 'fooocus' || texts.fooocus_scheme === 'fooocus' || `${json.version}`.startsWith('Fooocus');
  if (!isIts) return undefined;
  const { resolution, ...rest } = json;
  return readDialect({ ...rest, ...toSides(resolution, 'resolution') }, FOOOCUS);
}

/** Its text for each picture (modules/async_worker.py). */
const RUINED_FOOOCUS: Dialect = {
  ...{
    writer: 'RuinedFooocus',
    prompt: ['Prompt'],
    negativePrompt: ['Negative'],
    guidanceScale: 'cfg',
    steps: 'steps',
  },
  ...{ model: ['base_model_name'], strength: 'denoise', toScheduler: comfySampler },
  silent: ['software', 'base_model_hash'],
};

const EASY_DIFFUSION: Dialect = {
  writer: 'Easy Diffusion',
  ...{ prompt: ['prompt'], negativePrompt: ['negative_prompt'], steps: 'num_inference_steps' },
  ...{ guidanceScale: 'guidance_scale', model: ['use_stable_diffusion_model'], strength: 'prompt_strength' },
  silent: ['output_format', 'output_quality', 'output_lossless', 'created_at', 'used_random_seed', 'num_outputs'],
  toScheduler: shortSampler('sampler_name'),
};

/** The keys where it also writes text files (TASK_TEXT_MAPPING in easydiffusion/utils/save_utils.py). */
const EASY_LABELS = new Map(
  Object.entries({
    ...{ Prompt: 'prompt', 'Negative Prompt': 'negative_prompt', Seed: 'seed', Width: 'width', Height: 'height' },
    ...{ Steps: 'num_inference_steps', 'Guidance Scale': 'guidance_scale', 'Prompt Strength': 'prompt_strength' },
    ...{ 'Stable Diffusion model': 'use_stable_diffusion_model', Sampler: 'sampler_name', 'Clip Skip': 'clip_skip' },
  }),
);

/** One PNG text for each value, or the same as JSON in EXIF. Its clip_skip is a switch; only a start picture has a strength. */
export function readEasyDiffusion(labelled: Json): Recipe | undefined {
  const entries = Object.entries(labelled).map(([key, value]) => [EASY_LABELS.get(key) ?? key, value]);
  const values: Json = Object.fromEntries(entries);
  if (values.num_inference_steps === undefined || values.use_stable_diffusion_model === undefined) return undefined;
  const { clip_skip: skips, ...rest } = values;
  const isSkipping = skips === true || /^true$/i.test(String(skips));
  return readDialect({ ...rest, ...(isSkipping && { clip_skip: 2 }) }, EASY_DIFFUSION);
}
