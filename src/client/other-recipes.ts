/** Requests of ours from the JSON of SwarmUI, Fooocus, NovelAI and Easy Diffusion. */
import { fromComfySampler } from './comfy-samplers.js';
import { comfySampler, type Dialect, type Json, readDialect, shortSampler, type Texts, toSides } from './dialect.js';
import { isObject, parseLooseObject } from './loose-json.js';
import type { Recipe } from './recipe.js';

const SWARM: Dialect = {
  ...{ writer: 'SwarmUI', prompt: ['prompt'], negativePrompt: ['negativeprompt'], guidanceScale: 'cfgscale' },
  ...{ steps: 'steps', model: ['model'], strength: 'initimagecreativity', toScheduler: comfySampler },
  silent: [
    ...['swarm_version', 'date', 'generation_time', 'images', 'nopreviews', 'imageformat', 'aspectratio', 'batchsize'],
    ...['personalnote', 'wildcardseed', 'automaticvae', 'prep_time', 'gen_time'],
  ],
};

/** https://github.com/mcmonkeyprojects/SwarmUI, T2IParamTypes.cs: one object, `sui_image_params`. */
export function readSwarm(json: Json): Recipe | undefined {
  return isObject(json.sui_image_params) ? readDialect(json.sui_image_params, SWARM) : undefined;
}

const FOOOCUS: Dialect = {
  ...{ writer: 'Fooocus', prompt: ['prompt'], negativePrompt: ['negative_prompt'], guidanceScale: 'guidance_scale' },
  ...{ steps: 'steps', model: ['base_model'], strength: 'strength', toScheduler: comfySampler },
  silent: ['version', 'metadata_scheme', 'created_by', 'base_model_hash', 'full_prompt', 'full_negative_prompt'],
};

/** modules/meta_parser.py: sizes are `(width, height)`. */
export function readFooocus(json: Json, texts: Texts): Recipe | undefined {
  const isIts =
    json.metadata_scheme === 'fooocus' || texts.fooocus_scheme === 'fooocus' || `${json.version}`.startsWith('Fooocus');
  if (!isIts) return undefined;
  const { resolution, ...rest } = json;
  return readDialect({ ...rest, ...toSides(resolution, 'resolution') }, FOOOCUS);
}

const NOVELAI: Dialect = {
  ...{ writer: 'NovelAI', prompt: ['prompt'], negativePrompt: ['uc'], guidanceScale: 'scale', steps: 'steps' },
  ...{ model: ['model'], strength: 'strength', silent: ['signed_hash', 'request_type', 'version', 'n_samples'] },
  toScheduler(told) {
    const [sampler, schedule] = [told.text('sampler'), told.text('noise_schedule')];
    const words = [sampler, schedule].filter((each) => each !== undefined).join(' ');
    const name = sampler?.replace(/^k_/, '').replace(/^ddim_v3$/, 'ddim');
    return { scheduler: name && fromComfySampler(name, schedule === 'native' ? undefined : schedule), words };
  },
};

/** PNG texts Software, Description and Comment (JSON); `{…}` and `[…]` weigh words there. */
export function readNovelAi({ Software, Comment, Description, Source }: Texts): Recipe | undefined {
  const json = Software === 'NovelAI' ? parseLooseObject(Comment) : undefined;
  if (json === undefined) return undefined;
  const { strength, noise, ...rest } = json;
  const isFromImage = /img2img|infill/i.test(String(json.request_type));
  const recipe = readDialect(
    { ...rest, prompt: json.prompt ?? Description, model: Source, ...(isFromImage && { strength, noise }) },
    NOVELAI,
  );
  if (/[{}[\]]/.test(String(recipe.params.prompt))) recipe.unknown.push('the weights of {…} and […] in the prompt');
  return recipe;
}

const EASY_DIFFUSION: Dialect = {
  ...{
    writer: 'Easy Diffusion',
    prompt: ['prompt'],
    negativePrompt: ['negative_prompt'],
    steps: 'num_inference_steps',
  },
  ...{ guidanceScale: 'guidance_scale', model: ['use_stable_diffusion_model'], strength: 'prompt_strength' },
  silent: ['output_format', 'output_quality', 'output_lossless', 'created_at', 'used_random_seed', 'num_outputs'],
  toScheduler: shortSampler('sampler_name'),
};

/** One PNG text for each value, or the same as JSON in EXIF. Its clip_skip is a switch. */
export function readEasyDiffusion(values: Json): Recipe | undefined {
  if (values.num_inference_steps === undefined || values.use_stable_diffusion_model === undefined) return undefined;
  const { clip_skip: skips, prompt_strength: strength, ...rest } = values;
  const isSkipping = skips === true || /^true$/i.test(String(skips));
  return readDialect(
    {
      ...rest,
      ...(isSkipping && { clip_skip: 2 }),
      ...(rest.init_image !== undefined && { prompt_strength: strength }),
    },
    EASY_DIFFUSION,
  );
}
