import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toGraphemes } from '../../src/tui/cell-width.js';
import { EDITS, type Edit } from '../../src/tui/prompt-editor.js';
import { toPromptLines } from '../../src/tui/prompt-lines.js';
import { createTextEditor, reduceText, type TextAction, type TextEditor } from '../../src/tui/text-editor.js';

/** `|` marks the caret. */
function read(marked: string): TextEditor {
  const prompt = { text: marked.replace('|', ''), cursor: marked.indexOf('|') };
  return { ...createTextEditor(), prompt };
}
const write = ({ prompt: { text, cursor } }: TextEditor) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

/** An edit by its name, `up`, `down`, `yank`, `undo`, `redo`, or text: `>abc` is typed, `+abc` pasted, `=abc` replaces all. */
function toAction(word: string, columns: number): TextAction {
  if (word.startsWith('>')) return { type: 'type', text: word.slice(1) };
  if (word.startsWith('+')) return { type: 'paste', text: word.slice(1) };
  if (word.startsWith('=')) return { type: 'replace', text: word.slice(1) };
  if (word === 'up' || word === 'down') return { type: word, columns };
  if (word === 'yank' || word === 'undo' || word === 'redo') return { type: word };
  return { type: 'edit', edit: word as Edit };
}
function act(editor: TextEditor, words: string[], columns = 80): TextEditor {
  return words.reduce((state, word) => reduceText(state, toAction(word, columns)), editor);
}

test('begins at the end of its text', () => {
  expect(write(createTextEditor('a\r\nlake'))).toBe('a\nlake|');
});

test.each([
  ['typing', '|', ['>a', '>\n', '>b'], 'a\nb|'],
  ['pasting keeps lines', 'x|y', ['+a\r\nb'], 'xa\nb|y'],
  ['replacing', 'x|y', ['=new\n'], 'new\n|'],
  ['an edit', 'a lake|', ['wordLeft', 'backspace'], 'a|lake'],
])('%s', (_, before, words, after) => {
  expect(write(act(read(before), words))).toBe(after);
});

describe('up and down', () => {
  test.each([
    ['between breaks', 'one\ntw|o', 80, ['up'], 'on|e\ntwo'],
    ['down again', 'o|ne\ntwo', 80, ['down'], 'one\nt|wo'],
    ['between wrapped lines', 'a lake at nig|ht', 10, ['up'], 'a l|ake at night'],
    ['the goal is kept over a shorter line', 'long line\nx\nlong l|ine', 80, ['up', 'up'], 'long l|ine\nx\nlong line'],
    ['and stops at the end of one', 'long line\nx\nlong l|ine', 80, ['up'], 'long line\nx|\nlong line'],
    ['another key gives it up', 'long line\nx\nlong l|ine', 80, ['up', 'left', 'up'], '|long line\nx\nlong line'],
    ['cells count, not letters', '湖の夜\nabc|d', 80, ['up'], '湖|の夜\nabcd'],
    ['a wrapped line ends before its last space', 'aaaa bb\nccccccccc|', 5, ['up', 'up', 'up'], 'aaaa| bb\nccccccccc'],
    ['an empty line', 'one\n\ntw|o', 80, ['up'], 'one\n|\ntwo'],
    ['to the end of the last line', 'lon|g\nx', 80, ['down'], 'long\nx|'],
  ])('%s', (_, before, columns, words, after) => {
    expect(write(act(read(before), words, columns))).toBe(after);
  });

  test('nothing happens on the first and the last line: the caller may do something else', () => {
    const editor = read('one\ntwo| three');
    expect(act(editor, ['down'])).toBe(editor);
    expect(act(editor, ['up', 'up'])).toEqual(act(editor, ['up']));
    expect(act(editor, ['down'], 9)).toBe(editor);
    expect(act(editor, ['down'], 5)).not.toBe(editor);
  });
});

describe('what was cut comes back', () => {
  test.each([
    ['a word', 'a lake|', ['deleteWord', 'home', 'yank'], 'lake|a '],
    ['words in a row are one cut', 'a lake at|', ['deleteWord', 'deleteWord', 'yank'], 'a lake at|'],
    ['from both sides', 'a lake| at night', ['deleteWord', 'deleteWordRight', 'yank'], 'a lake at| night'],
    ['not in a row: only the last', 'a lake at|', ['deleteWord', 'left', 'deleteWord', 'end', 'yank'], 'a  lake|'],
    ['to the end', 'a| lake', ['deleteToEnd', 'yank', 'yank'], 'a lake lake|'],
    ['to the start', 'a| lake', ['deleteToStart', 'end', 'yank'], ' lakea|'],
    ['lines in a row', '|one\ntwo', ['deleteToEnd', 'deleteToEnd', 'deleteToEnd', 'yank'], 'one\ntwo|'],
    ['nothing to cut keeps the cut', 'a lake|', ['deleteWord', '>x', 'deleteToEnd', 'yank'], 'a xlake|'],
    ['single characters are not kept', 'ab|', ['deleteWord', '>cd', 'backspace', 'yank'], 'cab|'],
  ])('%s', (_, before, words, after) => {
    expect(write(act(read(before), words))).toBe(after);
  });
});

describe('undo and redo', () => {
  test.each([
    ['a word at a time', '|', ['>a', '> ', '>l', '>a', 'undo'], 'a|'],
    ['to the beginning', '|', ['>a', '> ', '>l', 'undo', 'undo', 'undo'], '|'],
    ['and forth', '|', ['>a', '> ', '>l', 'undo', 'undo', 'redo', 'redo', 'redo'], 'a l|'],
    ['erased characters together', 'abc|', ['backspace', 'backspace', 'undo'], 'abc|'],
    ['typing after moving by itself', '|', ['>a', 'left', '>b', 'undo'], '|a'],
    ['each cut by itself', 'a b c|', ['deleteWord', 'deleteWord', 'undo'], 'a b |'],
    ['a paste by itself', '|', ['>a', '+b', '+c', 'undo'], 'ab|'],
    ['a replacement', 'a| lake', ['=new', 'undo'], 'a| lake'],
    ['a yank', 'a lake|', ['deleteWord', 'yank', 'undo'], 'a |'],
    ['a change after it ends redo', '|', ['>a', 'undo', '>b', 'redo'], 'b|'],
    ['moving does not', '|', ['>a', 'undo', 'left', 'redo'], 'a|'],
    ['moving is not undone', 'ab|', ['>c', 'home', 'undo'], 'ab|'],
  ])('%s', (_, before, words, after) => {
    expect(write(act(read(before), words))).toBe(after);
  });

  test('does not grow without end', () => {
    const words = Array.from({ length: 1000 }, () => '+x');
    expect(act(createTextEditor(), words).undo).toHaveLength(200);
  });
});

test('what changes nothing gives the same object', () => {
  const editor = createTextEditor();
  const words = [...Object.keys(EDITS), 'up', 'down', 'undo', 'redo', 'yank', '>', '+\x1b', '='];
  for (const word of words) expect(act(editor, [word])).toBe(editor);
});

describe('whatever is done', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '\n', '湖', '👩‍🚀', 'e\u0301', '\u0301', '🇳', ',') });
  const word = fc.oneof(
    text.map((added) => `>${added}`),
    text.map((added) => `+${added}`),
    text.map((added) => `=${added}`),
    fc.constantFrom(...Object.keys(EDITS), 'up', 'down', 'yank', 'undo', 'redo', 'up', 'down', 'undo'),
  );
  const words = fc.array(word, { maxLength: 40 });
  const columns = fc.integer({ min: 2, max: 12 });

  test('the caret stands between two characters', () => {
    fc.assert(
      fc.property(words, columns, (all, width) => {
        const { prompt } = act(createTextEditor(), all, width);
        expect([...toGraphemes(prompt.text).map(({ index }) => index), prompt.text.length]).toContain(prompt.cursor);
      }),
    );
  });

  test('undo leads to the beginning, and redo back to the end', () => {
    fc.assert(
      fc.property(words, columns, (all, width) => {
        const edited = act(createTextEditor('begin'), all, width);
        const steps = edited.undo.length;
        const back = act(edited, Array<string>(steps).fill('undo'));
        expect(back.undo).toEqual([]);
        expect(back.prompt.text).toBe('begin');
        expect(act(back, Array<string>(steps).fill('redo')).prompt).toEqual(edited.prompt);
      }),
    );
  });

  test('up goes up by a line of the screen, and down by one down, to the same place', () => {
    const rowOf = ({ prompt }: TextEditor, width: number) => toPromptLines(prompt, width, 1000).caret.row;
    fc.assert(
      fc.property(words, columns, (all, width) => {
        const editor = act(createTextEditor(), all, width);
        const above = act(editor, ['up'], width);
        if (rowOf(editor, width) === 0) expect(above).toBe(editor);
        else {
          expect(rowOf(above, width)).toBe(rowOf(editor, width) - 1);
          expect(rowOf(act(above, ['down'], width), width)).toBe(rowOf(editor, width));
        }
      }),
    );
  });
});
