import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellWidth } from '../../../src/tui/cell-width.js';
import { hideToken } from '../../../src/tui/components/connect-page.js';
import { aroundCaret } from '../../../src/tui/components/edited-line.js';

test.each([
  ['a lake', 6, 20, ['a lake', '']],
  ['a lake', 2, 20, ['a ', 'lake']],
  ['0123456789', 10, 6, ['…6789', '']],
  ['0123456789', 0, 6, ['', '0123…']],
  ['0123456789abcdef', 8, 7, ['…567', '8…']],
  ['湖と山', 2, 20, ['湖と', '山']],
])('%s at %i in %i columns', (text, cursor, columns, [before, after]) => {
  expect(aroundCaret({ text, cursor }, columns)).toEqual({ before, after });
});

test('is never wider than its place, and shows what stands beside the caret', () => {
  const texts = fc.array(fc.constantFrom('a', 'b ', '湖', '/', '👩‍🚀'), { maxLength: 40 });
  fc.assert(
    fc.property(texts, texts, fc.integer({ min: 8, max: 60 }), (left, right, columns) => {
      const line = { text: [...left, ...right].join(''), cursor: left.join('').length };
      const { before, after } = aroundCaret(line, columns);
      expect(cellWidth(before) + 1 + cellWidth(after)).toBeLessThanOrEqual(columns);
      if (left.length > 0) expect(before.endsWith(left[left.length - 1])).toBe(true);
    }),
  );
});

test('a token is hidden, and every place of the caret stays where it was', () => {
  const address = 'https://otter-1.ngrok-free.app/#token=0123456789';
  expect(hideToken(address)).toBe('https://otter-1.ngrok-free.app/#token=0123••••••');
  expect(hideToken('localhost:9123')).toBe('localhost:9123');
});
