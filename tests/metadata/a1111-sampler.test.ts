import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../src/metadata/recipe.js';

const about = (words: string) => expect.arrayContaining([expect.stringContaining(words)]);
const read = (settings: string) => toRecipe({ parameters: `x\nSteps: 20, ${settings}, Seed: 1, Size: 512x512` });

describe('as nodes of ComfyUI write it', () => {
  test.each([
    // comfy-image-saver (nodes.py): `{sampler}_{scheduler}` unless normal, `CFG Scale`
    ['Sampler: dpmpp_2m_karras, CFG Scale: 6.5', 'dpmpp_2m_karras'],
    ['Sampler: euler, CFG Scale: 6.5', 'euler'],
    ['Sampler: euler_ancestral, CFG Scale: 6.5', 'euler_a'],
    ['Sampler: dpmpp_2m_sde_gpu_karras, CFG Scale: 6.5', 'dpmpp_2m_sde_karras'],
    // RuinedFooocus: the two with a space
    ['Sampler: dpmpp_2m karras, CFG scale: 6.5', 'dpmpp_2m_karras'],
    // ComfyUI-Image-Saver (nodes.py): Civitai's name of the sampler, AUTOMATIC1111's of the schedule
    ['Sampler: DPM++ 2M Karras, Schedule type: Karras, CFG scale: 6.5', 'dpmpp_2m_karras'],
    ['Sampler: DPM++ 2M, Schedule type: Normal, CFG scale: 6.5', 'dpmpp_2m'],
    ['Sampler: dpmpp_2m, Schedule type: Karras, CFG scale: 6.5', 'dpmpp_2m_karras'],
    ['Sampler: euler, Scheduler: normal, CFG scale: 6.5', 'euler'],
  ])('%s', (settings, scheduler) => {
    expect(read(`${settings}, Version: ComfyUI`).params).toMatchObject({ scheduler, guidanceScale: 6.5 });
  });

  test('what does not exist here is named, as is a GPU’s noise', () => {
    const strange = read('Sampler: dpmpp_3m_sde_gpu_exponential, CFG Scale: 7, Version: ComfyUI');
    expect(strange.params.scheduler).toBeUndefined();
    expect(strange.unknown).toEqual(about('the sampler dpmpp_3m_sde_gpu_exponential'));
    const onGpu = read('Sampler: dpmpp_2m_sde_gpu, CFG Scale: 7, Version: ComfyUI');
    expect(onGpu).toMatchObject({ params: { scheduler: 'dpmpp_2m_sde' }, unknown: about('GPU’s generator') });
  });
});

test('a file that names no sampler says so', () => {
  expect(read('CFG scale: 7, Version: v1.10.1').unknown).toEqual(about('the sampler: the file does not name it'));
});

// uni_pc_variant is bh1 in AUTOMATIC1111 and Forge (modules/shared_options.py)
test('UniPC is another variant there, but not in our own files', () => {
  expect(read('Sampler: UniPC, CFG scale: 7')).toMatchObject({ params: { scheduler: 'unipc' }, unknown: about('bh1') });
  expect(read('Sampler: UniPC, CFG scale: 7, Version: safelight 0.1.0').unknown).toEqual([]);
});

// sd_samplers_timesteps.py; SD.Next's are diffusers'
test.each([
  ['Sampler: UniPC, Schedule type: Karras, CFG scale: 7, Version: v1.10.1', 'unipc'],
  ['Sampler: UniPC, Schedule type: Beta, CFG scale: 7, Version: f2.0.1v1.10.1-previous-659-gc055f2d4', 'unipc'],
  ['Sampler: DDIM, Schedule type: Karras, CFG scale: 7, Version: v1.10.1', 'ddim'],
  ['Sampler: UniPC, Schedule type: Karras, CFG scale: 7, App: SD.Next, Version: ef5fb1d', 'unipc_karras'],
  ['Sampler: UniPC, Schedule type: Karras, CFG scale: 7, Version: safelight 0.1.0', 'unipc_karras'],
])('fixed time steps: %s', (settings, scheduler) => {
  expect(read(settings).params.scheduler).toBe(scheduler);
});

// sd_schedulers.py of AUTOMATIC1111 1.10 and of Forge: labels, and what is not here
test.each([
  ...[
    'Exponential',
    'Polyexponential',
    'SGM Uniform',
    'KL Optimal',
    'Align Your Steps',
    'Simple',
    'DDIM',
    'Beta',
    'Turbo',
  ],
])('DPM++ 2M %s is named, not taken over', (type) => {
  const recipe = read(`Sampler: DPM++ 2M, Schedule type: ${type}, CFG scale: 7`);
  expect(recipe.params.scheduler).toBeUndefined();
  expect(recipe.unknown).toEqual(about(`the sampler DPM++ 2M ${type}`));
});
