/** A request of ours from the texts of NovelAI. */
import { type Dialect, type Json, readDialect, type Texts, toNamed } from './dialect.js';
import { isObject, parseLooseObject } from './loose-json.js';
import type { Recipe } from './recipe.js';

const NOVELAI: Dialect = {
  ...{ writer: 'NovelAI', prompt: ['prompt'], negativePrompt: ['uc'], guidanceScale: 'scale', steps: 'steps' },
  ...{ model: ['model'], strength: 'strength', silent: ['signed_hash', 'request_type', 'version', 'n_samples'] },
  toScheduler(values) {
    const [sampler, schedule] = [values.text('sampler'), values.text('noise_schedule')];
    // Its first sampler list: plms, ddim, k_euler, k_euler_ancestral, k_heun, k_dpm_2, k_dpm_2_ancestral, k_lms
    if (sampler === 'plms') return { scheduler: 'pndm', words: sampler };
    const name = sampler?.replace(/^k_/, '').replace(/^ddim_v3$/, 'ddim');
    const named = toNamed(name, schedule === 'native' ? undefined : schedule);
    return { ...named, words: [sampler, schedule].filter((each) => each !== undefined).join(' ') };
  },
};

/** PNG texts Software, Description and Comment (JSON); `{…}` and `[…]` weigh words there. */
export function readNovelAi({ Software, Comment, Description, Source }: Texts): Recipe | undefined {
  const json = Software === 'NovelAI' ? parseLooseObject(Comment) : undefined;
  if (json === undefined) return undefined;
  const { strength, noise, v4_prompt: captions, v4_negative_prompt: negativeCaptions, cfg_rescale, ...rest } = json;
  const isMasked = /infill/i.test(String(json.request_type));
  const isFromImage = isMasked || /img2img/i.test(String(json.request_type));
  const values = {
    ...{ ...rest, model: Source, prompt: json.prompt ?? readCaption(captions) ?? Description },
    uc: json.uc ?? readCaption(negativeCaptions),
    ...(isFromImage && { strength, noise }),
    ...(cfg_rescale !== 0 && { cfg_rescale }),
  };
  const recipe = readDialect(values, { ...NOVELAI, isMasked });
  if (/[{}[\]]/.test(String(recipe.params.prompt))) recipe.unknown.push('the weights of {…} and […] in the prompt');
  recipe.unknown.push(...readCharacters(captions, 'prompts'), ...readCharacters(negativeCaptions, 'negative prompts'));
  return recipe;
}

/** Since version 4: `{caption: {base_caption, char_captions: [{char_caption, centers}]}}`, with the prompt in base_caption. */
function readCaption(captions: unknown): string | undefined {
  const text = toCaption(captions).base_caption;
  return typeof text === 'string' ? text : undefined;
}

function readCharacters(captions: unknown, kind: string): string[] {
  const { char_captions: characters } = toCaption(captions);
  const words: unknown[] = Array.isArray(characters)
    ? characters.map((each) => isObject(each) && each.char_caption)
    : [];
  const given = words.filter((each) => typeof each === 'string' && each !== '');
  return given.length === 0 ? [] : [`the ${kind} of its characters: ${given.join('; ').slice(0, MAX_CHARS)}`];
}

const MAX_CHARS = 200;

function toCaption(captions: unknown): Json {
  return isObject(captions) && isObject(captions.caption) ? captions.caption : {};
}
