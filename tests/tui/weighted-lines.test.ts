import { expect, test } from 'vitest';
import { toPieces } from '../../src/tui/components/weighted-lines.js';
import { toWeightSpans } from '../../src/tui/prompt-weights.js';

const text = 'a (red barn:1.3) [fog]';
const piecesOf = (line: string, start: number) =>
  toPieces(line, start, toWeightSpans(text)).map(({ text: shown, weight, isSyntax }) => [shown, weight > 1, isSyntax]);

test('what counts more is told from the signs around it', () => {
  expect(piecesOf('a (red barn:1.3)', 0)).toEqual([
    ['a ', false, false],
    ['(', true, true],
    ['red barn', true, false],
    [':1.3)', true, true],
  ]);
});

test('a weight goes on over the end of a line, and a mark of a cut is plain', () => {
  expect(
    piecesOf('barn:1.3) …', text.indexOf('barn'))
      .map(([shown]) => shown)
      .join(''),
  ).toBe('barn:1.3) …');
  expect(piecesOf('barn', text.indexOf('barn'))).toEqual([['barn', true, false]]);
});
