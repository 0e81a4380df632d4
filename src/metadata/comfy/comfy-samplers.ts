/** ComfyUI's samplers and schedules (comfy/samplers.py), which SwarmUI, Fooocus and NovelAI name alike → our schedulers. */
import type { SchedulerName } from '../../protocol/params.js';

const SAMPLERS: Record<string, SchedulerName | undefined> = {
  euler: 'euler',
  euler_ancestral: 'euler_a',
  heun: 'heun',
  lms: 'lms',
  ddim: 'ddim',
  dpmpp_2m: 'dpmpp_2m',
  dpmpp_2m_sde: 'dpmpp_2m_sde',
  dpmpp_2m_sde_gpu: 'dpmpp_2m_sde',
  uni_pc: 'unipc',
  uni_pc_bh2: 'unipc',
  lcm: 'lcm',
};
const KARRAS: Partial<Record<SchedulerName, SchedulerName>> = {
  euler: 'euler_karras',
  dpmpp_2m: 'dpmpp_2m_karras',
  dpmpp_2m_sde: 'dpmpp_2m_sde_karras',
  unipc: 'unipc_karras',
};
/** The schedules that two of our schedulers have, besides the plain one: DDIM's own steps, and what LCM is used with. */
const OWN: Partial<Record<SchedulerName, string[]>> = { ddim: ['ddim_uniform'], lcm: ['sgm_uniform', 'simple'] };

/** SCHEDULER_NAMES there, and what Fooocus and ComfyUI-Impact-Pack add. */
const SCHEDULES =
  /^(.+?)[_ ](normal|karras|exponential|sgm_uniform|simple|ddim_uniform|beta|linear_quadratic|kl_optimal|turbo|align_your_steps)$/;

/** Sampler and schedule in one, as some nodes write AUTOMATIC1111's text: `dpmpp_2m_karras`, `euler normal`. */
export function splitComfySampler(words: string): { sampler: string; schedule: string | undefined } {
  const [, sampler, schedule] = SCHEDULES.exec(words) ?? [];
  return sampler === undefined ? { sampler: words, schedule: undefined } : { sampler, schedule };
}

/** In words: what differs although the sampler exists here. ComfyUI's `uni_pc` is the variant bh1 (uni_pc.py), ours is diffusers' bh2. */
export function toComfyNotes(sampler: string): string[] {
  return [
    ...(sampler.endsWith('_gpu') ? ['the noise of the steps: it came from a GPU’s generator'] : []),
    ...(sampler === 'uni_pc' ? ['the sampler uni_pc: it is the variant bh1 of UniPC, ours is bh2'] : []),
  ];
}

/** @param schedule `normal` when the file names none  @returns undefined when there is no such sampler, or not so spaced, here */
export function fromComfySampler(sampler: string, schedule = 'normal'): SchedulerName | undefined {
  const plain = Object.hasOwn(SAMPLERS, sampler) ? SAMPLERS[sampler] : undefined;
  if (plain === undefined || schedule === 'normal' || OWN[plain]?.includes(schedule)) return plain;
  return schedule === 'karras' ? KARRAS[plain] : undefined;
}
