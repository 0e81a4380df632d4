import { expect, test } from 'vitest';
import { fromComfySampler, splitComfySampler, toComfyNotes } from '../../../src/metadata/comfy/comfy-samplers.js';

// SAMPLER_NAMES and SCHEDULER_NAMES of comfy/samplers.py: every pair that is here; all others are not.
const SAMPLERS = [
  ...['euler', 'euler_cfg_pp', 'euler_ancestral', 'euler_ancestral_cfg_pp', 'heun', 'heunpp2', 'dpm_2'],
  ...['dpm_2_ancestral', 'lms', 'dpm_fast', 'dpm_adaptive', 'dpmpp_2s_ancestral', 'dpmpp_2s_ancestral_cfg_pp'],
  ...['dpmpp_sde', 'dpmpp_sde_gpu', 'dpmpp_2m', 'dpmpp_2m_cfg_pp', 'dpmpp_2m_sde', 'dpmpp_2m_sde_gpu'],
  ...['dpmpp_2m_sde_heun', 'dpmpp_2m_sde_heun_gpu', 'dpmpp_3m_sde', 'dpmpp_3m_sde_gpu', 'ddpm', 'lcm', 'ipndm'],
  ...['ipndm_v', 'deis', 'res_multistep', 'gradient_estimation', 'er_sde', 'seeds_2', 'seeds_3', 'sa_solver'],
  ...['sa_solver_pece', 'ddim', 'uni_pc', 'uni_pc_bh2'],
];
const SCHEDULES = [
  ...['simple', 'sgm_uniform', 'karras', 'exponential', 'ddim_uniform', 'beta', 'normal', 'linear_quadratic'],
  'kl_optimal',
];

test('the pairs that are here', () => {
  const pairs = SAMPLERS.flatMap((sampler) =>
    SCHEDULES.flatMap((schedule) => {
      const ours = fromComfySampler(sampler, schedule);
      return ours === undefined ? [] : [`${sampler} ${schedule}: ${ours}`];
    }),
  );
  expect(pairs).toEqual([
    ...['euler karras: euler_karras', 'euler normal: euler', 'euler_ancestral normal: euler_a', 'heun normal: heun'],
    ...['lms normal: lms', 'dpmpp_2m karras: dpmpp_2m_karras', 'dpmpp_2m normal: dpmpp_2m'],
    // midpoint is what k-diffusion and diffusers' sde-dpmsolver++ take
    ...['dpmpp_2m_sde karras: dpmpp_2m_sde_karras', 'dpmpp_2m_sde normal: dpmpp_2m_sde'],
    ...['dpmpp_2m_sde_gpu karras: dpmpp_2m_sde_karras', 'dpmpp_2m_sde_gpu normal: dpmpp_2m_sde'],
    ...['lcm simple: lcm', 'lcm sgm_uniform: lcm', 'lcm normal: lcm'],
    ...['ddim ddim_uniform: ddim', 'ddim normal: ddim'],
    ...['uni_pc karras: unipc_karras', 'uni_pc normal: unipc'],
    ...['uni_pc_bh2 karras: unipc_karras', 'uni_pc_bh2 normal: unipc'],
  ]);
});

test('sampler and schedule in one', () => {
  for (const sampler of SAMPLERS) {
    expect(splitComfySampler(sampler)).toEqual({ sampler, schedule: undefined });
    for (const schedule of SCHEDULES)
      for (const between of ['_', ' '])
        expect(splitComfySampler(`${sampler}${between}${schedule}`)).toEqual({ sampler, schedule });
  }
});

test('what differs although it is here', () => {
  expect(toComfyNotes('dpmpp_2m_sde_gpu')).toEqual([expect.stringContaining('GPU')]);
  expect(toComfyNotes('uni_pc')).toEqual([expect.stringContaining('bh1')]);
  for (const sampler of ['uni_pc_bh2', 'dpmpp_2m_sde', 'euler']) expect(toComfyNotes(sampler)).toEqual([]);
});
