import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../src/client/recipe.js';
import { toJobJson, toParametersText } from '../../src/engine/metadata.js';
import { resolveParams } from '../../src/engine/request.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { MODEL, toParams } from '../support/server-rig.js';

const about = (words: string) => expect.arrayContaining([expect.stringContaining(words)]);

describe('our own picture', () => {
  const params = resolveParams(toParams({ prompt: '你好', seed: 5, initImage: 'aGk=' }), MODEL);

  test('tells everything but the input picture, and its hash', () => {
    const { writer, params: told, model, initImage } = toRecipe({ safelight: toJobJson(params, MODEL) });
    const { initImage: _, ...rest } = params;
    expect({ writer, told, model }).toEqual({ writer: 'safelight', told: rest, model: MODEL.id });
    expect(initImage?.sha256).toBe('8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4');
  });

  test('still tells much when only the text for AUTOMATIC1111 is left', () => {
    const plain = resolveParams(toParams({ prompt: 'a lake', seed: 5, hiresScale: 1.5, hiresStrength: 0.4 }), MODEL);
    const { writer, params: told, unknown } = toRecipe({ parameters: toParametersText(plain, MODEL) });
    expect(told).toMatchObject({ prompt: 'a lake', seed: 5, width: 512, hiresScale: 1.5, hiresStrength: 0.4 });
    expect({ writer, unknown }).toEqual({ writer: 'safelight', unknown: [] });
  });

  test.each([
    ['everything', { branchPrompt: 'a lake, at night: dark', branchGuidanceScale: 0, branchSeed: 0 }],
    ['no negative prompt', { branchNegativePrompt: '' }],
    ['odd words', { branchPrompt: '"night"', branchNegativePrompt: ' two\nlines, "quoted" \\ ' }],
  ])('tells its branch in both texts: %s', (_, branch) => {
    const asked = { prompt: 'a lake', negativePrompt: 'fog', seed: 5, steps: 25, branchStep: 8, ...branch };
    const params = resolveParams(toParams(asked), MODEL);
    expect(toRecipe({ safelight: toJobJson(params, MODEL) }).params).toMatchObject(asked);
    const { params: told, unknown } = toRecipe({ parameters: toParametersText(params, MODEL) });
    expect(told).toMatchObject(asked);
    expect(unknown).toEqual([]);
    expect(GenerationParamsSchema.safeParse(told).success).toBe(true);
  });

  test('of a damaged text is none', () => {
    expect(() => toRecipe({ safelight: '{"safelight":' })).toThrow('does not say');
    expect(() => toRecipe({ safelight: '{}', parameters: 'a lake', prompt: '[1]' })).toThrow('does not say');
    expect(() => toRecipe({})).toThrow('does not say');
  });
});

describe('AUTOMATIC1111', () => {
  const settings =
    'Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 965, Size: 512x768, Model hash: 6ce0161689';

  test('tells prompt and settings, and we tell what we cannot know', () => {
    const parameters = `a (red:1.2) lake\nNegative prompt: fog\n${settings}, Model: v1-5, Clip skip: 2, ENSD: 31337, Version: v1.10.1`;
    const recipe = toRecipe({ parameters });
    expect(recipe).toMatchObject({ writer: 'AUTOMATIC1111', model: 'v1-5' });
    expect(recipe.params).toEqual({
      ...{ prompt: 'a (red:1.2) lake', negativePrompt: 'fog', steps: 20, guidanceScale: 7, seed: 965 },
      ...{ width: 512, height: 768, scheduler: 'dpmpp_2m_karras', clipSkip: 2 },
    });
    expect(recipe.unknown).toEqual(about('ENSD: 31337'));
    expect(recipe.unknown).toEqual(about('generator'));
    expect(recipe.unknown).not.toEqual(about('6ce0161689'));
  });

  test.each([
    ['a sampler of its own', `x\n${settings.replace('DPM++ 2M Karras', 'DPM fast')}`, 'DPM fast'],
    ['a lora', `x <lora:inks:0.8>\n${settings}`, 'networks'],
    ['an upscaler', `x\n${settings}, Denoising strength: 0.5, Hires upscale: 2, Hires upscaler: ESRGAN`, 'ESRGAN'],
  ])('%s is told', (_, parameters, words) => {
    expect(toRecipe({ parameters }).unknown).toEqual(about(words));
  });

  test('img2img needs its first picture', () => {
    const { params, initImage } = toRecipe({ parameters: `x\n${settings}, Denoising strength: 0.3, RNG: CPU` });
    expect(params.strength).toBe(0.3);
    expect(initImage).toEqual({ sha256: undefined });
  });
});

describe('ComfyUI', () => {
  const sampler = {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 965, steps: 20, cfg: 7, sampler_name: 'dpmpp_2m', scheduler: 'karras', denoise: 1 },
      ...{ model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] },
    },
  };
  const text = (words: unknown) => ({ class_type: 'CLIPTextEncode', inputs: { text: words, clip: ['4', 1] } });
  const nodes = {
    '3': sampler,
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5.safetensors' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
    '6': text('a lake'),
    '7': text('fog'),
    '9': { class_type: 'SaveImage', inputs: { images: ['8', 0] } },
  };
  const read = (changes: object) => toRecipe({ prompt: JSON.stringify({ ...nodes, ...changes }) });

  test('tells a plain graph', () => {
    const recipe = read({});
    expect(recipe).toMatchObject({ writer: 'ComfyUI', model: 'v1-5' });
    expect(recipe.params).toEqual({
      ...{ prompt: 'a lake', negativePrompt: 'fog', width: 512, height: 768 },
      ...{ steps: 20, guidanceScale: 7, seed: 965, scheduler: 'dpmpp_2m_karras' },
    });
    expect(recipe.unknown).toHaveLength(1);
  });

  test('follows links: a text of another node, a layer, loras', () => {
    const recipe = read({
      '4': { class_type: 'LoraLoader', inputs: { lora_name: 'inks', model: ['10', 0], clip: ['10', 1] } },
      '6': { class_type: 'CLIPTextEncode', inputs: { text: ['11', 0], clip: ['12', 0] } },
      '10': nodes['4'],
      '11': { class_type: 'PrimitiveString', inputs: { value: 'a hill' } },
      '12': { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['10', 1] } },
    });
    expect(recipe).toMatchObject({ model: 'v1-5', unknown: about('LoraLoader inks') });
    expect(recipe.params.prompt).toBe('a hill');
  });

  test('takes the layer of its text encoder', () => {
    const layer = { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['4', 1] } };
    expect(
      read({ '6': { ...text('a lake'), inputs: { text: 'a lake', clip: ['12', 0] } }, '12': layer }).params.clipSkip,
    ).toBe(2);
  });

  test('a batch, an unknown sampler, a start in the middle are told; another picture is needed', () => {
    const batch = read({ '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 4 } } });
    expect(batch.unknown).toEqual(about('batch'));
    const inputs = { ...sampler.inputs, sampler_name: 'dpm_fast', start_at_step: 3 };
    const strange = read({ '3': { class_type: 'KSamplerAdvanced', inputs } });
    expect(strange.unknown).toEqual(about('dpm_fast karras'));
    expect(strange.unknown).toEqual(about('start_at_step: 3'));
    const fromImage = read({ '5': { class_type: 'VAEEncode', inputs: {} } });
    expect(fromImage.initImage).toEqual({ sha256: undefined });
  });

  test('two samplers are refused, a ring ends', () => {
    expect(() => read({ '13': sampler })).toThrow('2 samplers');
    const ring = { class_type: 'ConditioningSetArea', inputs: { conditioning: ['6', 0] } };
    expect(read({ '6': ring }).params.prompt).toBeUndefined();
  });
});
