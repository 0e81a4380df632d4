import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePrompt } from '../../src/engine/prompt-syntax.js';

/** `text@weight` for each run, groups apart. */
const shown = (prompt: string) =>
  parsePrompt(prompt).map((group) => group.map(({ text, weight }) => `${text}@${Number(weight.toFixed(4))}`));

describe('parsePrompt', () => {
  test.each([
    ['a lake', [['a lake@1']]],
    ['', [[]]],
    ['a (lake)', [['a @1', 'lake@1.1']]],
    ['a ((lake))', [['a @1', 'lake@1.21']]],
    ['a [lake]', [['a @1', 'lake@0.9091']]],
    ['a (lake:1.3) at night', [['a @1', 'lake@1.3', ' at night@1']]],
    ['(a (lake:2) here:0.5)', [['a @0.5', 'lake@1', ' here@0.5']]],
    ['(a:.5)', [['a@0.5']]],
    ['\\(lake\\)', [['(lake)@1']]],
    ['a \\\\ b', [['a \\ b@1']]],
    ['(never closed', [['never closed@1.1']]],
    ['closed) twice]', [['closed) twice]@1']]],
    ['ratio 16:9, time 12:30', [['ratio 16:9, time 12:30@1']]],
    ['what:)', [['what:)@1']]],
    ['a lake BREAK at night', [['a lake@1'], ['at night@1']]],
    ['(a BREAK b:1.2) c', [['a@1.2'], ['b@1.2', ' c@1']]],
    ['BREAKFAST', [['BREAKFAST@1']]],
  ])('%j', (prompt, want) => {
    expect(shown(prompt)).toEqual(want);
  });

  test('a prompt without syntax comes back as it was typed, in one run', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter((text) => text !== '' && !/[()[\]\\]|BREAK/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(parsePrompt(text)).toEqual([[{ text, weight: 1 }]]);
      }),
    );
  });

  test('anything parses, to finite weights', () => {
    const anything = fc.string({ unit: fc.constantFrom('(', ')', '[', ']', ':', '1', '.', '\\', 'a', ' ', '-') });
    fc.assert(
      fc.property(anything, (text) => {
        for (const run of parsePrompt(text).flat()) expect(Number.isFinite(run.weight)).toBe(true);
      }),
    );
  });
});
