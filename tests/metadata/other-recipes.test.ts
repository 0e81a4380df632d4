import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../src/metadata/recipe.js';

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

  // The keys of a real file of 0.9.5.2, as T2IParamTypes.cs registers them.
  test('its refiner after the picture is a hires pass, another one is named', () => {
    const refiner = {
      ...{ maskblur: 4, refinercontrolpercentage: 0.2, refinersteps: 40, refinermethod: 'PostApply' },
      ...{ refinerupscale: 2.0, refinerupscalemethod: 'pixel-lanczos', automaticvae: true, aspectratio: '2:3' },
    };
    const recipe = read(refiner);
    expect(recipe.params).toMatchObject({ width: 256, hiresScale: 2, hiresStrength: 0.2 });
    expect(recipe.unknown).toEqual(about('refinersteps: 40'));
    expect(recipe.unknown).not.toEqual(about('upscaler'));
    expect(read({ ...refiner, refinerupscalemethod: 'model-4x.pth' }).unknown).toEqual(about('upscaler model-4x.pth'));
    const swapped = read({ ...refiner, refinermethod: 'StepSwap' });
    expect(swapped).toMatchObject({ unknown: about('its refiner: StepSwap, 2, 0.2') });
    expect(swapped.params.hiresScale).toBeUndefined();
  });

  test('without the object around', () => {
    const recipe = toRecipe({ parameters: JSON.stringify(params) });
    expect(recipe).toMatchObject({ writer: 'SwarmUI', model: 'tiny', params: { ...BASE } });
  });

  test('a variation', () => {
    const varied = read({ variationseed: '18446744073709551615', variationseedstrength: 0.3 });
    expect(varied.params).toMatchObject({ variationSeed: 4_294_967_295, variationStrength: 0.3 });
    expect(read({ variationseed: 5 }).params.variationSeed).toBeUndefined();
  });

  test.each([
    ['its first versions', { comfyuisampler: 'uni_pc', comfyuischeduler: 'karras' }, 'unipc_karras', 'bh1'],
    ['on AUTOMATIC1111', { autowebuisampler: 'DPM++ 2M Karras' }, 'dpmpp_2m_karras', 'spaced the steps'],
    ['none: euler', {}, 'euler', 'euler in SwarmUI'],
    ['another on AUTOMATIC1111', { autowebuisampler: 'DPM fast' }, undefined, 'the sampler DPM fast'],
  ])('a sampler of %s', (_, names, scheduler, words) => {
    const recipe = read({ sampler: undefined, scheduler: undefined, ...names });
    expect(recipe.params.scheduler).toBe(scheduler);
    expect(recipe.unknown).toEqual(about(words));
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

  // What InvokeAI 5 writes of nothing (app/invocations/metadata.py, canvas_v2_metadata).
  test('what is switched off is not named; what is on is', () => {
    const metadata = {
      ...{ positive_prompt: 'a lake', seed: 7, rand_device: 'cpu', scheduler: 'euler', model: { model_name: 'tiny' } },
      ...{ cfg_rescale_multiplier: 0, seamless_x: false, vae: null, loras: [], regions: [], ref_images: [] },
      canvas_v2_metadata: { rasterLayers: [], controlLayers: [], inpaintMasks: [], regionalGuidance: [] },
    };
    const read = (changes: object) => toRecipe({ invokeai_metadata: JSON.stringify({ ...metadata, ...changes }) });
    expect(read({})).toMatchObject({ model: 'tiny', params: { scheduler: 'euler' } });
    expect(read({}).unknown).toHaveLength(1);
    expect(read({ canvas_v2_metadata: { rasterLayers: [{ id: 'a' }] } }).unknown).toEqual(about('rasterLayers'));
    expect(read({ cfg_rescale_multiplier: 0.7 }).unknown).toEqual(about('cfg_rescale_multiplier: 0.7'));
    expect(read({ rand_device: 'cuda' }).unknown).toEqual(about('rand_device: cuda'));
    const inpainted = read({ generation_mode: 'inpaint', strength: 0.5 });
    expect(inpainted).toMatchObject({ initImage: {}, maskImage: {}, params: { strength: 0.5 } });
    expect(read({ scheduler: undefined }).unknown).toEqual(about('the sampler: the file does not name it'));
  });

  test.each([
    ['k_dpmpp_2', 'dpmpp_2m'], // ldm/generate.py: DPMSolverMultistepScheduler
    ['plms', 'pndm'],
    ['k_dpm_2_a', undefined],
  ])('the sampler %s of version 2', (sampler, scheduler) => {
    const image = { prompt: 'a lake', steps: 8, seed: 7, type: 'txt2img', sampler };
    expect(toRecipe({ 'sd-metadata': JSON.stringify({ image }) }).params.scheduler).toBe(scheduler);
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

  // modules/meta_parser.py, A1111MetadataParser: names of ComfyUI where Civitai has none, the schedule always under Scheduler.
  test.each([
    ['DPM++ 2M SDE Karras', 'karras', 'dpmpp_2m_sde_karras'],
    ['Euler Karras', 'karras', 'euler_karras'],
    ['Euler', 'normal', 'euler'],
    ['DPM++ 2M', 'sgm_uniform', undefined],
    ['uni_pc_bh2', 'karras', 'unipc_karras'],
    ['LCM', 'lcm', undefined],
  ])('in the form of AUTOMATIC1111: %s, %s', (sampler, scheduler, ours) => {
    const settings = `Steps: 8, Sampler: ${sampler}, Seed: 7, Size: 256x320, CFG scale: 5, Sharpness: 2`;
    const more = 'ADM Guidance: "(1.5, 0.8, 0.3)", Model: tiny, Model hash: 1f, Performance: Speed';
    const parameters = `a lake\n${settings}, ${more}, Scheduler: ${scheduler}, VAE: Default (model), Version: Fooocus v2.5.5`;
    const recipe = toRecipe({ parameters });
    expect(recipe).toMatchObject({ writer: 'Fooocus', model: 'tiny', unknown: about('ADM Guidance: (1.5, 0.8, 0.3)') });
    expect(recipe.params.scheduler).toBe(ours);
    if (ours === undefined) expect(recipe.unknown).toEqual(about(`the sampler ${sampler}`));
  });

  test('in the form of AUTOMATIC1111', () => {
    const settings = 'Steps: 8, Sampler: DPM++ 2M Karras, Seed: 7, Size: 256x320, CFG scale: 5, Sharpness: 2';
    const parameters = `a lake\nNegative prompt: fog\n${settings}, Base model: tiny, Version: Fooocus v2.4.0`;
    const recipe = toRecipe({ parameters, fooocus_scheme: 'a1111' });
    expect(recipe).toMatchObject({ writer: 'Fooocus', model: 'tiny', unknown: about('Sharpness: 2') });
    expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_karras' });
  });
});

// async_worker.py of RuinedFooocus: a text of its own for each picture.
test('RuinedFooocus', () => {
  const json = {
    ...{ Prompt: 'a lake', Negative: 'fog', steps: 8, cfg: 5, width: 256, height: 320, seed: 7, start_step: 0 },
    ...{ sampler_name: 'dpmpp_2m_sde_gpu', scheduler: 'karras', base_model_name: 'tiny.safetensors' },
    ...{ base_model_hash: 'be9edd61', loras: [['48', '0.1 - inks.safetensors']], denoise: null, clip_skip: 1 },
    software: 'RuinedFooocus',
  };
  const recipe = toRecipe({ parameters: JSON.stringify(json) });
  expect(recipe).toMatchObject({ writer: 'RuinedFooocus', model: 'tiny', unknown: about('inks.safetensors') });
  expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_sde_karras', clipSkip: 1 });
  expect(recipe.unknown).toEqual(about('GPU’s generator'));
  expect(recipe.initImage).toBeUndefined();
});

// TASK_TEXT_MAPPING in easydiffusion/utils/save_utils.py; a strength is written with a start picture only.
test('Easy Diffusion: the keys of its text files, and a start picture', () => {
  const values = {
    ...{ Prompt: 'a lake', 'Negative Prompt': 'fog', Seed: '7', 'Stable Diffusion model': 'C:\\models\\tiny.ckpt' },
    ...{ 'Clip Skip': 'False', 'VAE model': 'None', Sampler: 'dpmpp_2m_sde', Width: '256', Height: '320' },
    ...{ Steps: '8', 'Guidance Scale': '5', 'Use Upscaling': 'RealESRGAN_x4plus', 'LoRA model': 'None' },
  };
  const recipe = toRecipe(values);
  expect(recipe).toMatchObject({ writer: 'Easy Diffusion', model: 'tiny', unknown: about('RealESRGAN_x4plus') });
  expect(recipe.unknown).not.toEqual(about('None'));
  expect(recipe.params).toEqual({ ...BASE, scheduler: 'dpmpp_2m_sde' });
  const fromImage = toRecipe({ ...values, 'Prompt Strength': '0.8' });
  expect(fromImage).toMatchObject({ params: { strength: 0.8 }, initImage: { sha256: undefined } });
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
