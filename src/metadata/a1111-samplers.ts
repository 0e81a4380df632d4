/** AUTOMATIC1111's names of our schedulers, and ours of its samplers and schedule types (sd_samplers*.py, sd_schedulers.py). */
import type { SchedulerName } from '../protocol/params.js';

/**
 * [Sampler, Schedule type] as AUTOMATIC1111 1.9 and later name them. The type is always written: its reader fills a missing one
 * in as Automatic, which is Karras for DPM++ 2M. Samplers of fixed time steps (DDIM, PLMS, UniPC) and LCM have no types there.
 */
export const A1111_NAMES: Record<SchedulerName, readonly [sampler: string, scheduleType: string]> = {
  ddim: ['DDIM', 'Automatic'],
  pndm: ['PLMS', 'Automatic'],
  euler: ['Euler', 'Uniform'],
  euler_karras: ['Euler', 'Karras'],
  euler_a: ['Euler a', 'Uniform'],
  heun: ['Heun', 'Uniform'],
  lms: ['LMS', 'Uniform'],
  dpmpp_2m: ['DPM++ 2M', 'Uniform'],
  dpmpp_2m_karras: ['DPM++ 2M', 'Karras'],
  dpmpp_2m_sde: ['DPM++ 2M SDE', 'Uniform'],
  dpmpp_2m_sde_karras: ['DPM++ 2M SDE', 'Karras'],
  unipc: ['UniPC', 'Automatic'],
  unipc_karras: ['UniPC', 'Karras'],
  lcm: ['LCM', 'Automatic'],
};

interface Sampler {
  /** In lower case: its label and its aliases there. */
  names: string[];
  plain: SchedulerName;
  karras?: SchedulerName;
  /** What Automatic means for this sampler, where it is not Uniform. */
  automatic?: string;
  /** Has fixed time steps: the schedule type changes nothing. */
  ignoresType?: true;
}

const SAMPLERS: Sampler[] = [
  { names: ['ddim'], plain: 'ddim', ignoresType: true },
  { names: ['plms', 'pndm'], plain: 'pndm', ignoresType: true },
  { names: ['euler', 'k_euler'], plain: 'euler', karras: 'euler_karras' },
  { names: ['euler a', 'euler ancestral', 'k_euler_a', 'k_euler_ancestral'], plain: 'euler_a' },
  { names: ['heun', 'k_heun'], plain: 'heun' },
  { names: ['lms', 'k_lms'], plain: 'lms' },
  { names: ['dpm++ 2m', 'k_dpmpp_2m'], plain: 'dpmpp_2m', karras: 'dpmpp_2m_karras', automatic: 'karras' },
  {
    ...{ names: ['dpm++ 2m sde', 'k_dpmpp_2m_sde'], plain: 'dpmpp_2m_sde', karras: 'dpmpp_2m_sde_karras' },
    automatic: 'exponential',
  },
  { names: ['unipc'], plain: 'unipc', karras: 'unipc_karras' },
  { names: ['lcm'], plain: 'lcm' },
];

/** Labels and names of AUTOMATIC1111 and Forge in lower case; Normal spaces the steps as Uniform does. */
const SCHEDULE_TYPES: Record<string, string> = {
  ...{ automatic: 'automatic', uniform: 'uniform', normal: 'uniform', karras: 'karras', ka: 'karras' },
  ...{ exponential: 'exponential', polyexponential: 'polyexponential', 'sgm uniform': 'sgm uniform' },
  ...{ sgm_uniform: 'sgm uniform', sgmuniform: 'sgm uniform', 'kl optimal': 'kl optimal', kl_optimal: 'kl optimal' },
  ...{ 'align your steps': 'align your steps', align_your_steps: 'align your steps', simple: 'simple' },
  ...{ ddim: 'ddim', beta: 'beta', turbo: 'turbo', 'karras exponential': 'karras exponential' },
};
/** The longest first: "SGM Uniform" ends in "Uniform". */
const SUFFIXES = Object.keys(SCHEDULE_TYPES).sort((a, b) => b.length - a.length);

/**
 * Before version 1.9 the schedule type was the end of the sampler's name: `DPM++ 2M Karras`.
 * @param missing the type of a file that names none: Automatic since 1.9
 * @returns undefined when there is no such sampler, or not with this type, here
 */
export function toSchedulerName(
  sampler: string,
  scheduleType: string | undefined,
  missing: 'Uniform' | 'Automatic' = 'Uniform',
): SchedulerName | undefined {
  const { found, spacing } = resolve(sampler, scheduleType, missing);
  if (found === undefined || found.ignoresType || spacing === 'uniform') return found?.plain;
  return spacing === 'karras' ? found.karras : undefined;
}

/** For people: the sampler as the file names it, and what its schedule type amounts to. */
export function toSamplerWords(
  sampler: string,
  scheduleType: string | undefined,
  missing: 'Uniform' | 'Automatic',
): string {
  const { found, spacing } = resolve(sampler, scheduleType, missing);
  const named = [sampler, scheduleType].filter((each) => each !== undefined).join(' ');
  const isSaid = spacing === undefined || found === undefined || named.toLowerCase().includes(spacing);
  return isSaid ? named : `${named} (with the steps of ${spacing})`;
}

function resolve(
  sampler: string,
  scheduleType: string | undefined,
  missing: 'Uniform' | 'Automatic',
): { found: Sampler | undefined; spacing: string | undefined } {
  const { name, suffix } = splitSampler(sampler.trim().toLowerCase());
  const found = SAMPLERS.find(({ names }) => names.includes(name));
  const label = suffix ?? (scheduleType ?? missing).trim().toLowerCase();
  const type = Object.hasOwn(SCHEDULE_TYPES, label) ? SCHEDULE_TYPES[label] : undefined;
  return { found, spacing: type === 'automatic' ? (found?.automatic ?? 'uniform') : type };
}

function splitSampler(sampler: string): { name: string; suffix?: string } {
  const suffix = SUFFIXES.find((each) => sampler.endsWith(` ${each}`) || sampler.endsWith(`_${each}`));
  return suffix === undefined ? { name: sampler } : { name: sampler.slice(0, -suffix.length - 1), suffix };
}
