import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePrompt } from '../../src/engine/prompt-syntax.js';
import { toWeightSpans } from '../../src/tui/prompt-weights.js';

/** `text@weight` for each span; syntax in angle brackets. */
const shown = (text: string) =>
  toWeightSpans(text).map(({ start, end, weight, isSyntax }) => {
    const part = text.slice(start, end);
    return `${isSyntax ? `<${part}>` : part}@${Number(weight.toFixed(4))}`;
  });

describe('toWeightSpans', () => {
  test.each([
    ['', []],
    ['a lake', ['a lake@1']],
    ['a (lake)!', ['a @1', '<(>@1.1', 'lake@1.1', '<)>@1.1', '!@1']],
    ['(lake: 1.3 ) x', ['<(>@1.3', 'lake@1.3', '<: 1.3 )>@1.3', ' x@1']],
    ['[lake]', ['<[>@0.9091', 'lake@0.9091', '<]>@0.9091']],
    ['(a (b:2):0.5)', ['<(>@0.5', 'a @0.5', '<(>@1', 'b@1', '<:2)>@1', '<:0.5)>@0.5']],
    ['\\(a\\)', ['<\\>@1', '(a@1', '<\\>@1', ')@1']],
    ['(never closed', ['<(>@1.1', 'never closed@1.1']],
    ['closed) 16:9', ['closed) 16:9@1']],
    ['a BREAK b', ['a@1', '< BREAK >@1', 'b@1']],
    ['(a BREAK b:1.2)', ['<(>@1.2', 'a@1.2', '< BREAK >@1.2', 'b@1.2', '<:1.2)>@1.2']],
    ['BREAKFAST', ['BREAKFAST@1']],
    ['BRE(AK:1)', ['<BRE(AK:1)>@1']],
  ])('%j', (text, want) => {
    expect(shown(text)).toEqual(want);
  });

  const any = fc.oneof(
    fc.string({ unit: fc.constantFrom('(', ')', '[', ']', ':', '1', '.', '\\', 'a', ' ', '-', 'BREAK', '🚀', '\n') }),
    fc.string({ unit: fc.constantFrom('(', '(a', ':1.2)', ':2)', ')', '[', ']', '\\(', ' BREAK ', 'BREAK', 'b, ') }),
  );

  test('means what the engine means: the same words with the same weights', () => {
    fc.assert(
      fc.property(any, (text) => {
        const drawn = toWeightSpans(text).filter(({ isSyntax }) => !isSyntax);
        const words = drawn.map(({ start, end, weight }) => ({ text: text.slice(start, end), weight }));
        expect(merge(words)).toEqual(merge(parsePrompt(text).flat()));
      }),
      { numRuns: 2000 },
    );
  });

  test('covers the text without gaps, and neighbours differ', () => {
    fc.assert(
      fc.property(any, (text) => {
        const spans = toWeightSpans(text);
        expect(spans.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        for (const [i, { start, end, weight, isSyntax }] of spans.entries()) {
          expect(end).toBeGreaterThan(start);
          const last = spans[i - 1];
          if (last !== undefined) expect([last.end, last.weight, last.isSyntax]).not.toEqual([start, weight, isSyntax]);
        }
      }),
    );
  });
});

/** Chunk groups aside: neighbours of one weight are one. */
function merge(runs: { text: string; weight: number }[]): { text: string; weight: number }[] {
  const merged: { text: string; weight: number }[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    if (last?.weight === run.weight) last.text += run.text;
    else merged.push({ ...run });
  }
  return merged;
}
