import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../src/metadata/recipe.js';

const about = (words: string) => expect.arrayContaining([expect.stringContaining(words)]);
const BASE = { prompt: 'a lake', negativePrompt: 'fog', seed: 7, steps: 8, guidanceScale: 5, width: 256, height: 320 };

describe('NovelAI', () => {
  const comment = {
    ...{ steps: 8, height: 320, width: 256, scale: 5, seed: 7, sampler: 'k_euler_ancestral', noise_schedule: 'native' },
    ...{ strength: 0.7, noise: 0.2, uc: 'fog', request_type: 'PromptGenerateRequest' },
  };
  const texts = { Software: 'NovelAI', Description: 'a lake', Source: 'Stable Diffusion F1022D28' };

  test('is read', () => {
    const recipe = toRecipe({ ...texts, Comment: JSON.stringify(comment) });
    expect(recipe).toMatchObject({ writer: 'NovelAI', model: 'Stable Diffusion F1022D28' });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'euler_a' });
  });

  test('its weights, and a start picture', () => {
    const Comment = JSON.stringify({ ...comment, prompt: '{{a}} lake', request_type: 'Img2ImgRequest' });
    const recipe = toRecipe({ ...texts, Comment });
    expect(recipe).toMatchObject({
      params: { prompt: '{{a}} lake', strength: 0.7 },
      initImage: {},
      unknown: about('weights'),
    });
  });

  // The keys of a file of NovelAI Diffusion V4.5.
  describe('since version 4', () => {
    const captions = (base: string, characters: string[]) => ({
      caption: {
        base_caption: base,
        char_captions: characters.map((char_caption) => ({ char_caption, centers: [{ x: 0.5, y: 0.5 }] })),
      },
      ...{ use_coords: false, use_order: true },
    });
    const v4 = {
      ...{ prompt: 'a lake', steps: 8, height: 320, width: 256, scale: 5, cfg_rescale: 0, seed: 7, n_samples: 1 },
      ...{ noise_schedule: 'karras', sampler: 'k_dpmpp_2m', sm: false, sm_dyn: false, uc: 'fog', version: 1 },
      ...{ skip_cfg_above_sigma: null, dynamic_thresholding: false, reference_strength_multiple: [] },
      ...{ v4_prompt: captions('a lake', []), v4_negative_prompt: captions('fog', []) },
      request_type: 'PromptGenerateRequest',
    };
    const read = (changes: object) => toRecipe({ ...texts, Comment: JSON.stringify({ ...v4, ...changes }) });

    test('names nothing that is off', () => {
      expect(read({}).params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_karras' });
      expect(read({}).unknown).toHaveLength(1);
    });

    test('names the prompts of its characters in words', () => {
      const { unknown, params } = read({
        v4_prompt: captions('a lake', ['a girl, umbrella', 'a dog']),
        prompt: undefined,
      });
      expect(params.prompt).toBe('a lake');
      expect(unknown).toEqual(about('the prompts of its characters: a girl, umbrella; a dog'));
    });

    test('an infill needs a picture and a mask', () => {
      const infill = read({ request_type: 'NativeInfillingRequest', strength: 0.6, noise: 0.1 });
      expect(infill).toMatchObject({
        initImage: {},
        maskImage: {},
        params: { strength: 0.6 },
        unknown: about('noise: 0.1'),
      });
    });

    test.each([
      ['k_euler_ancestral', 'karras', undefined],
      ['k_dpmpp_2m_sde', 'exponential', undefined],
      ['k_dpmpp_sde', 'native', undefined],
      ['plms', undefined, 'pndm'],
      ['ddim_v3', undefined, 'ddim'],
      ['k_lms', 'native', 'lms'],
    ])('%s, %s', (sampler, noise_schedule, scheduler) => {
      const recipe = read({ sampler, noise_schedule });
      expect(recipe.params.scheduler).toBe(scheduler);
      if (scheduler === undefined) expect(recipe.unknown).toEqual(about(`the sampler ${sampler} ${noise_schedule}`));
    });
  });
});
