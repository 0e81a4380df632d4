import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toGraphemes } from '../../src/tui/cell-width.js';
import { EDITS, type Edit, EMPTY_PROMPT, insert, insertLines, type PromptText } from '../../src/tui/prompt-editor.js';

/** `|` marks the caret. */
function read(marked: string): PromptText {
  return { text: marked.replace('|', ''), cursor: marked.indexOf('|') };
}
const write = ({ text, cursor }: PromptText) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

describe('edits', () => {
  test.each<[Edit, string, string]>([
    ['left', 'ab|c', 'a|bc'],
    ['left', '|abc', '|abc'],
    ['right', 'ab|c', 'abc|'],
    ['right', 'abc|', 'abc|'],
    ['home', 'ab|c', '|abc'],
    ['end', 'ab|c', 'abc|'],
    ['backspace', 'ab|c', 'a|c'],
    ['backspace', '|abc', '|abc'],
    ['delete', 'a|bc', 'a|c'],
    ['delete', 'abc|', 'abc|'],
    ['deleteWord', 'a lake at night|', 'a lake at |'],
    ['deleteWord', 'a lake at   |night', 'a lake |night'],
    ['deleteWord', 'lake|', '|'],
    ['deleteToStart', 'a lake| at night', '| at night'],
    ['deleteToEnd', 'a lake| at night', 'a lake|'],
    ['wordLeft', 'a lake, at night|', 'a lake, at |night'],
    ['wordLeft', 'a lake, |at', 'a |lake, at'],
    ['wordLeft', 'a la|ke', 'a |lake'],
    ['wordLeft', ' ,|', '| ,'],
    ['wordLeft', 'one\ntwo|', 'one\n|two'],
    ['wordLeft', 'one\n|two', '|one\ntwo'],
    ['wordRight', '|a lake', 'a| lake'],
    ['wordRight', 'a| lake, at', 'a lake|, at'],
    ['wordRight', 'lake|, 🚀', 'lake, 🚀|'],
    ['wordRight', 'don|’t go', 'don’t| go'],
    ['wordRight', '|湖の夜', '湖|の夜'],
    ['deleteWordRight', 'a| lake, at night', 'a|, at night'],
    ['deleteWordRight', 'a la|ke', 'a la|'],
    ['deleteWordRight', 'lake|', 'lake|'],
    ['home', 'one\ntwo| three\nfour', 'one\n|two three\nfour'],
    ['home', '\n|', '\n|'],
    ['end', 'one\n|two three\nfour', 'one\ntwo three|\nfour'],
    ['deleteToStart', 'one\ntwo| three', 'one\n| three'],
    ['deleteToStart', 'one\n|two', 'one|two'],
    ['deleteToStart', '|\ntwo', '|\ntwo'],
    ['deleteToEnd', 'one\ntw|o\nthree', 'one\ntw|\nthree'],
    ['deleteToEnd', 'one|\ntwo', 'one|two'],
    ['deleteToEnd', 'one\n|', 'one\n|'],
    ['backspace', 'one\n|two', 'one|two'],
    ['backspace', 'one 👩‍🚀|!', 'one |!'],
    ['left', 'flag 🇳🇴|', 'flag |🇳🇴'],
    ['right', '|e\u0301t\u00e9', 'e\u0301|t\u00e9'],
    ['delete', '湖|の夜', '湖|夜'],
  ])('%s: %s → %s', (edit, before, after) => {
    expect(write(EDITS[edit](read(before)))).toBe(after);
  });
});

describe('insert', () => {
  test.each([
    ['a|c', 'b', 'ab|c'],
    ['|', 'many at once', 'many at once|'],
    ['a|', ' lake\nat night\r\n', 'a lake at night |'],
    ['|', 'tab\there', 'tab here|'],
    ['|', 'be\x1bll\x07', 'bell|'],
    ['e|t', '\u0301', 'e\u0301|t'],
    ['👩|', '\u200d🚀', '👩‍🚀|'],
  ])('%s + %j → %s', (before, added, after) => {
    expect(write(insert(read(before), added))).toBe(after);
  });
});

describe('insertLines', () => {
  test.each([
    ['a|', '\nlake\r\nat\rnight\u2028now', 'a\nlake\nat\nnight\nnow|'],
    ['|', '\n\n', '\n\n|'],
    ['|', 'tab\there\x1b[0m', 'tab here[0m|'],
    ['e|t', '\u0301', 'e\u0301|t'],
  ])('%s + %j → %s', (before, added, after) => {
    expect(write(insertLines(read(before), added))).toBe(after);
  });
});

test('whatever is done, the caret stands between two characters and the prompt is one line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('👩‍👩‍👧', '\u0301', '\u200d', '🇳', 'a b', '\n', '\r', '湖'),
  );
  const edit = fc.constantFrom(...(Object.keys(EDITS) as Edit[]));
  const action = fc.oneof(
    text.map((added) => (prompt: PromptText) => insert(prompt, added)),
    edit.map((name) => EDITS[name]),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const { text, cursor } = actions.reduce((prompt, act) => act(prompt), EMPTY_PROMPT);
      const stops = [...toGraphemes(text).map(({ index }) => index), text.length];
      expect(stops).toContain(cursor);
      expect(text).not.toMatch(/\p{Control}/u);
    }),
  );
});
