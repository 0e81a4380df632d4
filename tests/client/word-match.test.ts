import { describe, expect, it } from 'vitest';
import { toWordMatcher } from '../../src/client/word-match.js';

describe('toWordMatcher', () => {
  it.each([
    ['every word, in any order and case', 'FOX red', true],
    ['not when one is missing', 'red cat', false],
    ['parts of words', 'oak fo', true],
    ['without words, all', '  ', true],
  ])('%s', (_, query, want) => {
    expect(toWordMatcher(query)('A red fox under an Oak')).toBe(want);
  });
});
