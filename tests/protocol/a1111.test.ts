import { describe, expect, test } from 'vitest';
import { toParametersText } from '../../src/engine/metadata.js';
import { resolveParams } from '../../src/engine/request.js';
import { parseA1111Parameters, toSchedulerName } from '../../src/protocol/a1111.js';
import { SCHEDULER_NAMES } from '../../src/protocol/params.js';
import { MODEL, toParams } from '../support/server-rig.js';

describe('the parameters text', () => {
  test('of several lines each', () => {
    const text = 'a lake\nwith swans\nNegative prompt: fog\nhaze\nSteps: 20, Sampler: Euler a, Seed: 7';
    const { prompt, negativePrompt, pairs } = parseA1111Parameters(text) ?? {};
    expect([prompt, negativePrompt]).toEqual(['a lake\nwith swans', 'fog\nhaze']);
    expect(Object.fromEntries(pairs ?? [])).toEqual({ Steps: '20', Sampler: 'Euler a', Seed: '7' });
  });

  test('with a quoted value that holds separators', () => {
    const text = 'x\nSteps: 20, Lora hashes: "a: 1, b: \\"2\\"", Seed: 7';
    expect(parseA1111Parameters(text)?.pairs.get('Lora hashes')).toBe('a: 1, b: "2"');
  });

  test('is not what only looks like it', () => {
    expect(parseA1111Parameters('a lake, style: oil, mood: calm')).toBeUndefined();
    expect(parseA1111Parameters('')).toBeUndefined();
  });

  test('comes back from what we write', () => {
    const params = resolveParams(toParams({ prompt: 'a "lake": one\ntwo', negativePrompt: 'fog', seed: 5 }), MODEL);
    const parsed = parseA1111Parameters(toParametersText(params, { ...MODEL, id: 'a, b: c' }));
    expect(parsed).toMatchObject({ prompt: params.prompt, negativePrompt: 'fog' });
    expect(parsed?.pairs.get('Model')).toBe('a, b: c');
    expect(parsed?.pairs.get('Seed')).toBe('5');
  });
});

describe('sampler names', () => {
  test.each(SCHEDULER_NAMES)('%s comes back from what we write', (scheduler) => {
    const params = resolveParams(toParams({ scheduler }), MODEL);
    const { pairs } = parseA1111Parameters(toParametersText(params, MODEL)) ?? {};
    expect(toSchedulerName(pairs?.get('Sampler') ?? '', pairs?.get('Schedule type'))).toBe(scheduler);
  });

  test.each([
    ['DPM++ 2M Karras', undefined, 'dpmpp_2m_karras'],
    ['Euler', 'Automatic', 'euler'],
    ['Euler', 'Exponential', undefined],
    ['Euler a', 'Karras', undefined],
    ['DPM adaptive', undefined, undefined],
  ])('%s, %s is %s', (sampler, schedule, name) => {
    expect(toSchedulerName(sampler, schedule)).toBe(name);
  });
});
