import { expect, test } from 'vitest';
import { type AddedToken, createSplitter } from '../../src/engine/added-tokens.js';

const token = (content: string, id: number, rules: Partial<AddedToken> = {}): AddedToken => ({
  ...{ content, id, normalized: false, lstrip: false, rstrip: false, singleWord: false },
  ...rules,
});

test.each([
  ['a part each, in order', [token('<x>', 1)], 'a<x>b <x>', ['a', 1, 'b ', 1]],
  ['in the case that was typed', [token('<x>', 1)], '<X><x>', ['<x>', 1]],
  ['in lower case where it is normalized', [token('<X>', 1, { normalized: true })], '<X> <x>', [1, ' ', 1]],
  ['the longest first', [token('<a', 1), token('<a>', 2)], '<a><a', [2, 1]],
  ['as typed before normalized', [token('ab', 1, { normalized: true }), token('b', 2)], 'ab', ['a', 2]],
  ['white space goes along on the left', [token('#', 1, { lstrip: true })], 'a \n # b', ['a', 1, ' b']],
  ['white space goes along on the right', [token('#', 1, { rstrip: true })], 'a # \t b', ['a ', 1, 'b']],
  ['a token whose own space another one took', [token('#', 1, { rstrip: true }), token(' b', 2)], '# b b', [1, 2, 2]],
  ['single words only', [token('red', 1, { singleWord: true })], 'red redder é_red,red', [1, ' redder é_red,', 1]],
  ['signs that a pattern would obey', [token('a.b|c*', 1)], 'a.b|c* aab|c', [1, ' aab|c']],
  ['no token at all', [], 'A b', ['a b']],
  ['an empty token is none', [token('', 1)], 'ab', ['ab']],
])('%s', (_, tokens, text, parts) => {
  const split = createSplitter(tokens, (part) => part.toLowerCase());
  expect(split(text)).toEqual(parts);
});
