import { describe, expect, test } from 'vitest';
import { toParametersText } from '../../src/engine/metadata.js';
import { resolveParams } from '../../src/engine/request.js';
import { parseA1111Parameters } from '../../src/metadata/a1111.js';
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

  test.each([
    [
      'Hashes: {"vae": "735e", "a, b": {"c": ["d, \\"e: f\\"", 1]}}',
      'Hashes',
      '{"vae": "735e", "a, b": {"c": ["d, \\"e: f\\"", 1]}}',
    ],
    ['Civitai resources: [{"type":"lora","weight":1}]', 'Civitai resources', '[{"type":"lora","weight":1}]'],
    ['Tiling: {broken, Extra: 1', 'Tiling', '{broken'],
    ['Hires prompt: "two\\nlines, {x}"', 'Hires prompt', 'two\nlines, {x}'],
    ['Odd: "a" b', 'Odd', '"a" b'],
  ])('%s is one value', (pair, key, value) => {
    const pairs = parseA1111Parameters(`x\nSteps: 20, ${pair}, Seed: 7, Size: 1x1`)?.pairs;
    expect(pairs?.get(key)).toBe(value);
    expect([pairs?.get('Steps'), pairs?.get('Seed'), pairs?.get('Size')]).toEqual(['20', '7', '1x1']);
  });

  test('every line from the first that begins with the words is negative, each without them', () => {
    const text = 'a\n  Negative prompt: b\nc\nNegative prompt:d\nSteps: 20, Sampler: Euler, Seed: 7';
    expect(parseA1111Parameters(text)).toMatchObject({ prompt: 'a', negativePrompt: 'b\nc\nd' });
  });

  test('with lines of extensions behind the settings, and with line ends of Windows', () => {
    const text = 'a\r\nNegative prompt: b\r\nSteps: 20, Sampler: Euler, Seed: 7\r\nTemplate: {a|b}';
    const parsed = parseA1111Parameters(text);
    expect(parsed).toMatchObject({ prompt: 'a', negativePrompt: 'b' });
    expect(Object.fromEntries(parsed?.pairs ?? [])).toEqual({
      Steps: '20',
      Sampler: 'Euler',
      Seed: '7',
      Template: '{a|b}',
    });
  });

  test('of hostile length is read in a moment', () => {
    for (const part of ['a', 'a:{,', 'a:"', 'a b ', ',']) {
      const text = `x\nSteps: 20, Seed: 1, ${part.repeat(900_000 / part.length)}`;
      expect(parseA1111Parameters(text)?.prompt ?? 'x').toBe('x');
    }
  }, 20_000);

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
