import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../src/client/recipe.js';

const about = (words: string) => expect.arrayContaining([expect.stringContaining(words)]);
const BASE = { prompt: 'a lake', negativePrompt: 'fog', seed: 7, steps: 8, guidanceScale: 5, width: 256, height: 320 };

describe('SwarmUI', () => {
  const params = {
    ...{ prompt: 'a lake', negativeprompt: 'fog', model: 'SD1.5/tiny.safetensors', seed: 7, steps: 8, cfgscale: 5 },
    ...{ width: 256, height: 320, sampler: 'dpmpp_2m', scheduler: 'karras', swarm_version: '0.9.2.0' },
  };
  const read = (changes: object) =>
    toRecipe({ parameters: JSON.stringify({ sui_image_params: { ...params, ...changes }, sui_extra_data: {} }) });

  test('is read', () => {
    const recipe = read({ clipstopatlayer: -2 });
    expect(recipe).toMatchObject({ writer: 'SwarmUI', model: 'tiny' });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_karras', clipSkip: 2 });
    expect(recipe.unknown).toHaveLength(1);
  });

  test('names the rest', () => {
    expect(read({ loras: ['inks'], refinerupscale: 2 }).unknown).toEqual(about('loras: ["inks"]'));
    expect(read({ sampler: 'restart' }).unknown).toEqual(about('the sampler restart karras'));
    expect(read({ initimagecreativity: 0.4 })).toMatchObject({
      params: { strength: 0.4 },
      initImage: { sha256: undefined },
    });
    expect(read({ steps: 'many' }).unknown).toEqual(about('steps: many'));
    expect(read({ seed: -1 }).unknown).toEqual(about('seed: -1 stands for a random one'));
  });
});

describe('InvokeAI', () => {
  test('3 and later', () => {
    const metadata = {
      ...{
        app_version: '5.0',
        generation_mode: 'txt2img',
        positive_prompt: 'a lake',
        negative_prompt: 'fog',
        width: 256,
      },
      ...{ height: 320, seed: 7, rand_device: 'cpu', cfg_scale: 5, steps: 8, scheduler: 'dpmpp_2m_k', clip_skip: 0 },
      ...{ model: { key: 'x', name: 'tiny', base: 'sd-1' }, strength: 0.75, loras: [{ weight: 1 }] },
    };
    const recipe = toRecipe({ invokeai_metadata: JSON.stringify(metadata) });
    expect(recipe).toMatchObject({ writer: 'InvokeAI', model: 'tiny', unknown: about('loras') });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_karras', clipSkip: 1 });
    const fromImage = toRecipe({ invokeai_metadata: JSON.stringify({ ...metadata, generation_mode: 'img2img' }) });
    expect(fromImage).toMatchObject({ params: { strength: 0.75 }, initImage: { sha256: undefined } });
  });

  test('2, with the negative words in brackets', () => {
    const image = {
      ...{ prompt: [{ prompt: 'a lake [fog]', weight: 1 }], steps: 8, cfg_scale: 5, height: 320, width: 256, seed: 7 },
      ...{ type: 'txt2img', sampler: 'k_euler_a', threshold: 0 },
    };
    const recipe = toRecipe({
      'sd-metadata': JSON.stringify({ model_weights: 'tiny', app_id: 'invoke-ai/InvokeAI', image }),
    });
    expect(recipe).toMatchObject({ writer: 'InvokeAI', model: 'tiny' });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'euler_a' });
  });

  test('the command of the first ones', () => {
    const { params, unknown } = toRecipe({ Dream: '"a lake [fog]" -s 8 -S 7 -W 256 -H 320 -C 5 -A k_lms -G 0.8' });
    expect(params).toEqual({ ...BASE, scheduler: 'lms' });
    expect(unknown).toEqual(about('-G: 0.8'));
  });
});

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
});

describe('Fooocus', () => {
  const json = {
    ...{ prompt: 'a lake', negative_prompt: 'fog', steps: 8, guidance_scale: 5, seed: '7', resolution: '(256, 320)' },
    ...{ sampler: 'dpmpp_2m_sde_gpu', scheduler: 'karras', base_model: 'tiny.safetensors', version: 'Fooocus v2.4.0' },
    ...{ styles: "['Fooocus V2']", performance: 'Speed' },
  };

  test('JSON, in a PNG or in EXIF', () => {
    const recipe = toRecipe({ parameters: JSON.stringify(json), fooocus_scheme: 'fooocus' });
    expect(recipe).toMatchObject({ writer: 'Fooocus', model: 'tiny', unknown: about("styles: ['Fooocus V2']") });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_sde_karras' });
  });

  test('in the form of AUTOMATIC1111', () => {
    const settings = 'Steps: 8, Sampler: DPM++ 2M Karras, Seed: 7, Size: 256x320, CFG scale: 5, Sharpness: 2';
    const parameters = `a lake\nNegative prompt: fog\n${settings}, Base model: tiny, Version: Fooocus v2.4.0`;
    const recipe = toRecipe({ parameters, fooocus_scheme: 'a1111' });
    expect(recipe).toMatchObject({ writer: 'Fooocus', model: 'tiny', unknown: about('Sharpness: 2') });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_karras' });
  });
});

test('Easy Diffusion: one text a value, or JSON', () => {
  const values = {
    ...{
      prompt: 'a lake',
      negative_prompt: 'fog',
      seed: '7',
      num_inference_steps: '8',
      guidance_scale: '5',
      width: '256',
    },
    ...{ height: '320', use_stable_diffusion_model: 'models/tiny', sampler_name: 'euler_a', clip_skip: 'True' },
  };
  for (const texts of [values, { parameters: JSON.stringify(values) }]) {
    const recipe = toRecipe(texts);
    expect(recipe).toMatchObject({ writer: 'Easy Diffusion', model: 'tiny' });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'euler_a', clipSkip: 2 });
  }
});

test('Draw Things: JSON in XMP', () => {
  const json = {
    c: 'a lake',
    uc: 'fog',
    seed: 7,
    steps: 8,
    scale: 5,
    size: '256x320',
    sampler: 'Euler Ancestral',
    model: 'tiny.ckpt',
    strength: 1,
  };
  const escaped = JSON.stringify(json).replaceAll('"', '&quot;');
  const xmp = `<x><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">${escaped}</rdf:li></rdf:Alt></exif:UserComment></x>`;
  const recipe = toRecipe({ 'XML:com.adobe.xmp': xmp });
  expect(recipe).toMatchObject({ writer: 'Draw Things', model: 'tiny' });
  expect(recipe.params).toEqual({ ...BASE, scheduler: 'euler_a' });
});
