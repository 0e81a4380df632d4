import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellWidth, cutStart, toGraphemes } from '../../src/tui/cell-width.js';
import { toPromptText } from '../../src/tui/prompt-editor.js';
import { toPromptLines } from '../../src/tui/prompt-lines.js';
import { createVirtualTty } from '../support/virtual-tty.js';

test('wraps at words', () => {
  expect(toPromptLines(toPromptText('a lake at night, rain'), 10, 3)).toMatchObject({
    lines: ['a lake at', 'night,', 'rain'],
    caret: { row: 2, column: 4 },
  });
});

test('a word longer than the field is cut', () => {
  expect(toPromptLines(toPromptText('abcdefghijkl'), 5, 3).lines).toEqual(['abcde', 'fghij', 'kl']);
});

test('breaks stay, also beside spaces and full lines', () => {
  const linesOf = (text: string) => toPromptLines(toPromptText(text), 5, 9);
  expect(linesOf('one\ntwo').lines).toEqual(['one', 'two']);
  expect(linesOf('abcde   \nfgh')).toMatchObject({ lines: ['abcde', 'fgh'], caret: { row: 1, column: 3 } });
  expect(linesOf('abcde\nf').lines).toEqual(['abcde', 'f']);
  expect(linesOf('a bcd efg\n\n h')).toMatchObject({ lines: ['a bcd', 'efg', '', ' h'], caret: { row: 3, column: 2 } });
  expect(linesOf('a\n')).toMatchObject({ lines: ['a', ''], caret: { row: 1, column: 0 } });
});

test('scrolls to the caret', () => {
  const text = 'one two three four five six';
  expect(toPromptLines({ text, cursor: 0 }, 6, 2).lines).toEqual(['one', 'two']);
  expect(toPromptLines({ text, cursor: text.length }, 6, 2)).toMatchObject({
    lines: ['five', 'six'],
    caret: { row: 1, column: 3 },
  });
});

test('wide characters take two cells', () => {
  expect(toPromptLines(toPromptText('湖の夜'), 4, 2)).toMatchObject({
    lines: ['湖の', '夜'],
    caret: { row: 1, column: 2 },
  });
});

test('never wider or taller than the field, the caret in it, and all of the text shown when there is room', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'ö', '湖', '🚀', '👩‍🚀', 'e\u0301') });
  const prompt = text.chain((value) =>
    fc
      .constantFrom(...toGraphemes(value).map(({ index }) => index), value.length)
      .map((cursor) => ({ text: value, cursor })),
  );
  fc.assert(
    fc.property(prompt, fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 4 }), (value, columns, rows) => {
      const { lines, caret } = toPromptLines(value, columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(caret.row).toBeLessThan(lines.length);
      expect(caret.column).toBeLessThanOrEqual(columns);
      const all = toPromptLines(value, columns, 1000).lines.join('');
      expect(all.replaceAll(' ', '')).toBe(value.text.replace(/[ \n]/g, ''));
    }),
  );
});

test('widths agree with a terminal', async () => {
  const tty = createVirtualTty(80, 2);
  const text = 'plain, äöü, e\u0301, 湖の夜, 한국, ｆｕｌｌ, ｶﾅ, —…“”';
  tty.stdout.write(text);
  await tty.drawn();
  expect(cellWidth(text)).toBe(tty.cursor.column);
});

test('emoji are two cells wide', () => {
  expect(cellWidth('🚀👩‍🚀🇳🇴❤️👍🏽')).toBe(10);
});

test('cutStart keeps the end', () => {
  expect(cutStart('generated_images/output_42.png', 14)).toBe('…output_42.png');
  expect(cutStart('short.png', 14)).toBe('short.png');
  expect(cutStart('anything', 0)).toBe('');
});
