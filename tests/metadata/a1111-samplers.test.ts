import { describe, expect, test } from 'vitest';
import { A1111_NAMES, toSamplerWords, toSchedulerName } from '../../src/metadata/a1111-samplers.js';
import { SCHEDULER_NAMES } from '../../src/protocol/params.js';

describe('what we write', () => {
  test.each(SCHEDULER_NAMES)('%s comes back', (scheduler) => {
    const [sampler, type] = A1111_NAMES[scheduler];
    expect(toSchedulerName(sampler, type)).toBe(scheduler);
    expect(toSchedulerName(sampler, type, 'Automatic')).toBe(scheduler);
  });

  test('names the type always: a missing one is Automatic to AUTOMATIC1111, which is Karras for DPM++ 2M', () => {
    expect(A1111_NAMES.dpmpp_2m).toEqual(['DPM++ 2M', 'Uniform']);
    expect(Object.values(A1111_NAMES).filter(([, type]) => type === undefined)).toEqual([]);
  });
});

describe('what others write', () => {
  test.each([
    // of 1.9 and later
    ['DPM++ 2M', 'Automatic', 'dpmpp_2m_karras'],
    ['DPM++ 2M', 'Uniform', 'dpmpp_2m'],
    ['DPM++ 2M', 'Normal', 'dpmpp_2m'],
    ['DPM++ 2M', 'karras', 'dpmpp_2m_karras'],
    ['DPM++ 2M SDE', 'Automatic', undefined], // Exponential
    ['DPM++ 2M SDE', 'Karras', 'dpmpp_2m_sde_karras'],
    ['DPM++ 2M SDE', 'Uniform', 'dpmpp_2m_sde'],
    ['DPM++ 2M SDE Heun', 'Karras', undefined],
    ['Euler', 'Automatic', 'euler'],
    ['Euler', 'Exponential', undefined],
    ['Euler', 'SGM Uniform', undefined],
    ['Euler', 'Simple', undefined],
    ['Euler', 'Beta', undefined],
    ['Euler', 'Turbo', undefined],
    ['Euler', 'a type of tomorrow', undefined],
    ['Euler a', 'Karras', undefined],
    ['DDIM', 'Karras', 'ddim'], // its time steps are fixed
    ['LCM', 'Automatic', 'lcm'],
    // older ones, and aliases
    ['DPM++ 2M Karras', undefined, 'dpmpp_2m_karras'],
    ['DPM++ 2M Karras', 'Automatic', 'dpmpp_2m_karras'],
    ['DPM++ 2M SDE Exponential', undefined, undefined],
    ['DPM++ 2M SGM Uniform', undefined, undefined],
    ['DPM++ 2M', undefined, 'dpmpp_2m'],
    ['k_euler', undefined, 'euler'],
    ['k_euler_ancestral', undefined, 'euler_a'],
    ['k_dpmpp_2m_ka', undefined, 'dpmpp_2m_karras'],
    ['euler A ', undefined, 'euler_a'],
    ['DPM adaptive', undefined, undefined],
    ['Euler', 'constructor', undefined],
    ['', undefined, undefined],
  ])('%s, %s is %s', (sampler, type, scheduler) => {
    expect(toSchedulerName(sampler, type)).toBe(scheduler);
  });

  test('a file of 1.9 and later that names no type means Automatic', () => {
    expect(toSchedulerName('DPM++ 2M', undefined, 'Automatic')).toBe('dpmpp_2m_karras');
    expect(toSchedulerName('DPM++ 2M SDE', undefined, 'Automatic')).toBeUndefined();
  });

  test('says in words what Automatic amounts to', () => {
    expect(toSamplerWords('DPM++ 2M SDE', undefined, 'Automatic')).toBe('DPM++ 2M SDE (with the steps of exponential)');
    expect(toSamplerWords('DPM++ 2M SDE', 'Exponential', 'Automatic')).toBe('DPM++ 2M SDE Exponential');
    expect(toSamplerWords('DPM fast', undefined, 'Automatic')).toBe('DPM fast');
  });
});
