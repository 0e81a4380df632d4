import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createListReader } from '../../src/client/wildcard-lists.js';
import { createSeededRandom, expandPrompts, expandWildcards, hasWildcards } from '../../src/client/wildcards.js';

const LISTS: Record<string, string[]> = {
  colour: ['red', 'blue'],
  hair_colour: ['black'],
  'animals/birds': ['a {grey|white} heron'],
  nested: ['__colour__ sky'],
  loop: ['once more __loop__'],
  bomb: ['{__bomb2__ __bomb2__|}'],
  weighted: ['3::often', 'rarely'],
};
for (let n = 2; n < 16; n++) LISTS[`bomb${n}`] = [`__bomb${n + 1}__ __bomb${n + 1}__`];
LISTS.bomb16 = ['x'];

const readList = async (name: string) => LISTS[name] ?? Promise.reject(new Error(`no ${name}`));
/** @param draws in order; the last one again and again */
function expand(template: string, ...draws: number[]): Promise<string> {
  let next = 0;
  const random = () => draws[Math.min(next++, draws.length - 1)] ?? 0;
  return expandWildcards(template, { random, readList });
}
const lastOf = 0.999_999;

describe('expandWildcards', () => {
  test('a list line may have more parts than a call may have arguments', async () => {
    const escapes = '\\|'.repeat(200_000);
    LISTS.long = [`{${escapes}}`, `{${escapes}`];
    expect(await expand('__long__')).toBe(`{${'|'.repeat(200_000)}}`);
    expect(await expand('__long__', lastOf)).toBe(`{${'|'.repeat(200_000)}`);
  });

  test.each([
    ['a lake', [], 'a lake'],
    ['', [], ''],
    ['a {red|blue} lake', [0], 'a red lake'],
    ['a {red|blue} lake', [lastOf], 'a blue lake'],
    ['{a|b|c}', [0.34], 'b'],
    ['{a|b} {a|b}', [0, lastOf], 'a b'],
    ['{a {b|c}|d}', [0, lastOf], 'a c'],
    ['{a {b|c}|d}', [lastOf], 'd'],
    ['lake{, mist|}', [lastOf], 'lake'],
    ['{|}', [0], ''],
    ['{3::a|b}', [0.74], 'a'],
    ['{3::a|b}', [0.75], 'b'],
    ['{0.5::a|0.5::b}', [0.5], 'b'],
    ['{0::a|b|0::c}', [0], 'b'],
    ['{0::a|b|0::c}', [lastOf], 'b'],
    ['{ 2::a| b}', [0], 'a'],
    ['ratio 2::1', [], 'ratio 2::1'],
    ['{a}', [], '{a}'],
    ['{2::a}', [], '{2::a}'],
    ['{a {b|c}}', [0], '{a b}'],
    ['a|b', [], 'a|b'],
    ['{a|b', [], '{a|b'],
    ['{a|{b|c}', [lastOf], '{a|c'],
    ['{a|b|{c|', [], '{a|b|{c|'],
    ['a}b', [], 'a}b'],
    ['({a|b}:1.2)', [0], '(a:1.2)'],
    ['\\{a\\|b\\}', [], '{a|b}'],
    ['{a\\|b|c}', [0], 'a|b'],
    ['\\\\{a|b}', [0], '\\\\a'],
    ['\\(a\\) \\x \\', [], '\\(a\\) \\x \\'],
    ['a __colour__ lake', [lastOf], 'a blue lake'],
    ['__hair_colour__ hair', [0], 'black hair'],
    ['__animals/birds__', [0, lastOf], 'a white heron'],
    ['__nested__', [0, lastOf], 'blue sky'],
    ['{__colour__|grey}', [0, 0], 'red'],
    ['__weighted__', [0.74], 'often'],
    ['__weighted__', [0.76], 'rarely'],
    ['\\__colour__', [], '__colour__'],
    ['snake_case, ____, __a b__, a__', [], 'snake_case, ____, __a b__, a__'],
  ])('%j', async (template, draws, want) => {
    expect(await expand(template, ...draws)).toBe(want);
  });

  test.each([
    ['__loop__', 'loop → loop'],
    ['__bomb__', '1000 choices'],
    ['{0::a|0::b}', 'weight above 0'],
  ])('%s is refused', async (template, words) => {
    await expect(expand(template)).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining(words),
    });
  });

  test('a list that is named in a choice that was not taken is not read', async () => {
    expect(await expand('{a|__nowhere__}', 0)).toBe('a');
    await expect(expand('{a|__nowhere__}', lastOf)).rejects.toThrow('no nowhere');
  });

  /** A template, and what the first option of every choice makes of it. */
  interface Sample {
    template: string;
    want: string;
  }
  const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
    const text = fc.string({ unit: fc.constantFrom('a', '湖', ' ', '(', ')', ':', '_', '-') });
    const plain = text.filter((each) => !each.includes('__')).map((each) => ({ template: each, want: each }));
    const list = fc.constant({ template: ' __colour__ ', want: ' red ' });
    const parts = fc.array(tie('sample'), { maxLength: 3 }).map((all) => ({
      template: all.map(({ template }) => template).join(' '),
      want: all.map(({ want }) => want).join(' '),
    }));
    const choice = fc.array(tie('sample'), { minLength: 2, maxLength: 4 }).map((options) => ({
      template: `{${options.map(({ template }) => template).join('|')}}`,
      want: options[0].want,
    }));
    const braced = tie('sample').map(({ template, want }) => ({ template: `{${template}}`, want: `{${want}}` }));
    return { sample: fc.oneof({ depthSize: 'small' }, plain, list, parts, choice, braced) };
  });

  test('whatever is put into another keeps its meaning', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async ({ template, want }) => {
        expect(await expand(template, 0)).toBe(want);
      }),
    );
  });

  test('any text comes to an end', async () => {
    const marks = fc.string({ unit: fc.constantFrom('{', '}', '|', '_', '\\', '2::', 'colour', '__colour__', ' ') });
    const draw = fc.double({ min: 0, max: 0.999, noNaN: true });
    await fc.assert(
      fc.asyncProperty(marks, draw, async (text, each) => {
        const expanded = await expandWildcards(text, { random: () => each, readList: async () => ['x'] });
        expect(expanded.length).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  test('thousands of braces do not exhaust the stack', async () => {
    const deep = '{'.repeat(5000);
    expect(await expand(deep)).toBe(deep);
    expect(await expand(`${'{a|'.repeat(900)}b${'}'.repeat(900)}`, lastOf)).toBe('b');
    await expect(expand(`${'{a|'.repeat(3000)}b${'}'.repeat(3000)}`, lastOf)).rejects.toThrow('1000 choices');
  });
});

test.each([
  ['a {red|blue} lake', true],
  ['a __colour__ lake', true],
  ['{a {b|c}}', true],
  ['{a}', false],
  ['{a|b', false],
  ['\\{a|b\\}', false],
])('hasWildcards(%j): %s', (template, want) => {
  expect(hasWildcards(template)).toBe(want);
});

describe('the seed', () => {
  const template = { prompt: '{a|b|c|d} {a|b|c|d} {a|b|c|d}', negativePrompt: '{a|b|c|d} {a|b|c|d} {a|b|c|d}' };
  const ofSeed = (seed: number) => expandPrompts({ ...template, seed, steps: 4 }, readList);

  test('the same one gives the same prompts, in every version', async () => {
    expect(await ofSeed(42)).toEqual(await ofSeed(42));
    expect(await ofSeed(42)).toEqual({ prompt: 'd a a', negativePrompt: 'a a b', seed: 42, steps: 4 });
  });

  test('neighbours give others', async () => {
    const prompts = await Promise.all(Array.from({ length: 50 }, (_, seed) => ofSeed(seed)));
    expect(new Set(prompts.map(({ prompt }) => prompt)).size).toBeGreaterThan(25);
  });

  test('draws are spread evenly from 0 to below 1', () => {
    const random = createSeededRandom(7);
    const tenths = Array.from({ length: 10_000 }, () => Math.floor(random() * 10));
    for (let tenth = 0; tenth < 10; tenth++) {
      expect(Math.abs(tenths.filter((each) => each === tenth).length - 1000)).toBeLessThan(150);
    }
  });

  test('without a negative prompt there is none', async () => {
    expect(await expandPrompts({ prompt: '{a|a}', seed: 1 }, readList)).toEqual({ prompt: 'a', seed: 1 });
  });
});

describe('the lists in a folder', () => {
  let base: string;
  let dir: string;
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'safelight-wildcards-'));
    dir = join(base, 'wildcards');
    await mkdir(join(dir, 'animals'), { recursive: true });
    await mkdir(join(base, 'elsewhere'));
    await writeFile(join(dir, 'colour.txt'), '\ufeff# of the sky\r\nred\r\n\r\n  blue #1  \r\n');
    await writeFile(join(dir, 'animals', 'birds.txt'), 'a heron');
    await writeFile(join(dir, 'empty.txt'), '# nothing\n');
    await writeFile(join(dir, 'notes.md'), 'mine');
    await mkdir(join(dir, 'folder.txt'));
    await writeFile(join(base, 'secret.txt'), 'hush');
    await writeFile(join(base, 'elsewhere', 'trees.txt'), 'an oak');
    await symlink(join(base, 'elsewhere'), join(dir, 'linked'));
  });
  afterAll(() => rm(base, { recursive: true }));

  test.each([
    ['colour', ['red', 'blue #1']],
    ['animals/birds', ['a heron']],
    ['linked/trees', ['an oak']],
  ])('%s', async (name, lines) => {
    expect(await createListReader(dir)(name)).toEqual(lines);
  });

  test.each(['nowhere', '../secret', 'animals/../../secret', '/etc/passwd', 'colour.txt', 'notes', ''])(
    '%j is not there: the folder and what is in it are told',
    async (name) => {
      await expect(createListReader(dir)(name)).rejects.toMatchObject({
        code: 'INVALID_PARAMS',
        message: `__${name}__: ${dir} has no ${name}.txt; there are animals/birds, colour, empty, folder, linked/trees`,
      });
    },
  );

  test('many are not all told', async () => {
    const many = join(base, 'many');
    await mkdir(many);
    for (let n = 10; n < 40; n++) await writeFile(join(many, `list${n}.txt`), 'x');
    await expect(createListReader(many)('x')).rejects.toThrow(/there are list10, .*, list29 and 10 more$/);
  });

  test('a folder that is not there, a list without lines, and what cannot be read', async () => {
    const missing = join(base, 'missing');
    await expect(createListReader(missing)('x')).rejects.toThrow(`${missing} has no x.txt; there is no list in it`);
    await expect(createListReader(dir)('empty')).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    await expect(createListReader(dir)('folder')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
