import { describe, expect, test } from 'vitest';
import { protectFrame } from '../../src/tui/protect-frame.js';

const COLUMNS = 40;
const whole = (row: number) => ({ row, column: 0, rows: 1, columns: COLUMNS });
const cells = (row: number, column: number, until: number) => ({ row, column, rows: 1, columns: until - column });

describe('which cells a frame writes over', () => {
  test.each<[string, string, ReturnType<typeof cells>[] | 'all']>([
    ['an untouched frame', '\x1b[3A\x1b[E\x1b[E\x1b[E', []],
    ['a changed end of a line', '\x1b[2A\x1b[E\x1b[8G\x1b[Knew text\n', [cells(1, 7, COLUMNS)]],
    ['a whole line', '\x1b[2A\x1b[1G\x1b[Knew\n\x1b[E', [whole(0)]],
    ['lines without an erase', 'one\ntwo', [whole(0), whole(1)]],
    ['the last line, then the caret', '\x1b[1A\x1b[E\x1b[5G\x1b[Kx\x1b[1A\x1b[3G\x1b[?25h', [cells(1, 4, COLUMNS)]],
    ['the caret only', '\x1b[?25l\x1b[1B\x1b[1G\x1b[2A\x1b[7G\x1b[?25h', []],
    ['erased lines', '\x1b[2K\x1b[1A\x1b[2K\x1b[G', 'all'],
    ['an erased screen', '\x1b[1;1H\x1b[Jtext', 'all'],
    ['another screen', '\x1b[?1049h', 'all'],
  ])('%s', (_, frame, hits) => {
    expect(protectFrame(frame, [], COLUMNS)).toEqual({ text: frame, hits });
  });
});

describe('an erase around pictures', () => {
  const picture = { row: 1, column: 20, rows: 3, columns: 10 };
  const frame = (text: string) => `\x1b[E\x1b[8G\x1b[K${text}\n\x1b[E`;

  test('stops before one, and goes on behind it', () => {
    const { text, hits } = protectFrame(frame('new'), [picture], COLUMNS);
    expect(text).toBe('\x1b[E\x1b[8G\x1b[13X\x1b[31G\x1b[K\x1b[8Gnew\n\x1b[E');
    expect(hits).toEqual([cells(1, 7, 20)]);
  });

  test('ends with one at the end of the line', () => {
    const { text } = protectFrame(frame('new'), [{ ...picture, columns: 20 }], COLUMNS);
    expect(text).toBe('\x1b[E\x1b[8G\x1b[13X\x1b[8Gnew\n\x1b[E');
  });

  test('goes between two, in any order', () => {
    const other = { ...picture, column: 33, columns: 4 };
    const { text } = protectFrame(frame('new'), [other, picture], COLUMNS);
    expect(text).toBe('\x1b[E\x1b[8G\x1b[13X\x1b[31G\x1b[3X\x1b[38G\x1b[K\x1b[8Gnew\n\x1b[E');
  });

  test.each([
    ['that is on another row', 'new', { ...picture, row: 2 }],
    ['that stands before it', 'new', { ...picture, column: 0, columns: 7 }],
    ['that the text reaches', 'x'.repeat(14), picture],
    ['that wide text reaches', '湖'.repeat(7), picture],
  ])('is as it was for one %s', (_, text, one) => {
    const protectedFrame = protectFrame(frame(text), [one], COLUMNS);
    expect(protectedFrame).toEqual({ text: frame(text), hits: [cells(1, 7, COLUMNS)] });
  });

  test('colours are no text', () => {
    const { hits } = protectFrame(frame(`\x1b[38;2;1;2;3m${'x'.repeat(13)}\x1b[39m`), [picture], COLUMNS);
    expect(hits).toEqual([cells(1, 7, 20)]);
  });
});
