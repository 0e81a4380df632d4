import { describe, expect, test } from 'vitest';
import { toJobJson, toParametersText } from '../../src/engine/metadata.js';
import { resolveParams } from '../../src/engine/request.js';
import { toRecipe } from '../../src/metadata/recipe.js';
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
  ])('%s is named', (_, parameters, words) => {
    expect(toRecipe({ parameters }).unknown).toEqual(about(words));
  });

  const read = (rest: string) => toRecipe({ parameters: `x\n${settings}, ${rest}` });

  test('a strength without a hires pass is of a picture from text, unless something speaks of another picture', () => {
    const fromText = read('Denoising strength: 0.3, RNG: CPU, Version: v1.10.1');
    expect(fromText).toMatchObject({ unknown: about('Denoising strength 0.3') });
    expect([fromText.params.strength, fromText.initImage]).toEqual([undefined, undefined]);
    for (const words of ['Init image hash: 1f', 'Mask blur: 4', 'Resize mode: Crop and resize']) {
      const fromImage = read(`Denoising strength: 0.3, ${words}`);
      expect(fromImage.params.strength).toBe(0.3);
      expect(fromImage.initImage).toEqual({ sha256: undefined });
      expect(fromImage.maskImage !== undefined).toBe(words.startsWith('Mask'));
    }
  });

  test('our own img2img stays one', () => {
    const params = resolveParams(toParams({ prompt: 'a lake', seed: 5, initImage: 'aGk=', strength: 0.3 }), MODEL);
    const recipe = toRecipe({ parameters: toParametersText(params, MODEL) });
    expect(recipe).toMatchObject({ params: { strength: 0.3 }, initImage: { sha256: undefined }, unknown: [] });
  });

  test.each([
    ['a scale', 'Denoising strength: 0.4, Hires upscale: 2', { width: 512, hiresScale: 2, hiresStrength: 0.4 }],
    ['a size', 'Denoising strength: 0.4, Hires resize: 1024x1536', { width: 512, hiresScale: 2, hiresStrength: 0.4 }],
    ['one side', 'Denoising strength: 0.4, Hires resize: 0x1536', { height: 768, hiresScale: 2, hiresStrength: 0.4 }],
    ['the first pass', 'Denoising strength: 0.4, First pass size: 256x384', { width: 256, height: 384, hiresScale: 2 }],
    // processing.py of 2022: sqrt(512² / (512 · 768)), its sides rounded up to 64
    ['a first pass of 0x0', 'Denoising strength: 0.4, First pass size: 0x0', { width: 448, height: 640 }],
  ])('a hires pass by %s', (_, rest, params) => {
    expect(read(rest).params).toMatchObject(params);
    expect(read(rest).params.strength).toBeUndefined();
  });

  test('a hires pass that repeats the settings of the first is not named, another is', () => {
    // Forge writes these always (modules/processing.py)
    const same = read(
      'Hires upscale: 2, Hires steps: 20, Hires CFG Scale: 7, Hires upscaler: Lanczos, RNG: CPU',
    ).unknown;
    expect(same).toHaveLength(1);
    expect(read('Hires upscale: 2, Hires CFG Scale: 6').unknown).toEqual(about('Hires CFG Scale: 6'));
    expect(read('Hires upscale: 2, Hires schedule type: Beta').unknown).toEqual(about('Hires schedule type: Beta'));
  });

  test.each([
    ['Hires steps: 10', 'Hires steps: 10'],
    ['Hires sampler: Euler', 'Hires sampler: Euler'],
    ['Hires prompt: "a, b"', 'Hires prompt: a, b'],
    ['Denoising strength: 0.4, Hires resize: 1000x1000', 'size of its hires pass: 1000x1000'],
    ['Denoising strength: 0.4, Hires resize: 512x768', 'size of its hires pass: 512x768'],
    ['Lora hashes: "a: 1, b: 2"', 'Lora hashes: a: 1, b: 2'],
    ['TI hashes: "a: 1"', 'TI hashes: a: 1'],
    ['Tiling: True', 'Tiling: True'],
    ['NGMS: 0.5', 'NGMS: 0.5'],
    ['Refiner: xl [7440042bbd]', 'Refiner: xl [7440042bbd]'],
    ['ControlNet 0: "Module: canny, Weight: 1"', 'ControlNet 0: Module: canny, Weight: 1'],
    ['Clip skip: two', 'Clip skip: two'],
    ['Variation seed: 5', 'Variation seed: 5'],
  ])('%s is named', (rest, words) => {
    expect(read(rest).unknown).toEqual(about(words));
  });

  test.each([
    ['18446744073709551615', 4_294_967_295],
    ['9007199254740993', 1],
    ['1102676403634909', 3_679_929_053],
    ['4294967303', 7],
  ])('a seed of 64 bits: %s', (seed, low) => {
    const parameters = `x\n${settings.replace('965', seed)}, Variation seed: ${seed}, Variation seed strength: 0.1`;
    expect(toRecipe({ parameters }).params).toMatchObject({ seed: low, variationSeed: low });
  });

  test.each(['-1', '-1.0', 'random', '1.5', '9'.repeat(5000)])('no seed: %s', (seed) => {
    const recipe = toRecipe({ parameters: `x\n${settings.replace('965', seed)}` });
    expect(recipe.params.seed).toBeUndefined();
    expect(recipe.unknown).toEqual(about('Seed: '));
  });

  test.each([
    ['v1.10.1', 'dpmpp_2m_karras'],
    ['v1.9.0-RC', 'dpmpp_2m_karras'],
    ['f2.0.1v1.10.1-previous-659-gc055f2d4', 'dpmpp_2m_karras'],
    ['v2.0', 'dpmpp_2m_karras'],
    ['v1.8.0', 'dpmpp_2m'],
    ['f0.0.17v1.8.0rc-latest-276', 'dpmpp_2m'],
    ['safelight 0.1.0', 'dpmpp_2m'],
  ])('a missing schedule type of %s', (version, scheduler) => {
    const parameters = `x\nSteps: 20, Sampler: DPM++ 2M, Seed: 1, Size: 512x512, Version: ${version}`;
    expect(toRecipe({ parameters }).params.scheduler).toBe(scheduler);
  });
});
