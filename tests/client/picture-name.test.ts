import { describe, expect, test } from 'vitest';
import { checkName, DEFAULT_NAME, fillName, longestNameBytes } from '../../src/client/picture-name.js';

const noon = new Date(2026, 0, 2, 12, 3, 4);
const fill = (template: string) => fillName(template, { seed: 42, n: 0 }, noon);

test.each([
  [DEFAULT_NAME, 'output_20260102-120304_42'],
  ['{seed}-{n}', '42-0'],
  ['a/../b', 'a_.._b'],
  ['..', '_'],
  ['.hidden', '_hidden'],
  ['', '_'],
  ['   ', '_'],
  ['{unknown}', '{unknown}'],
  ['日本 {seed}', '日本 42'],
])('the template %j gives %j', (template, name) => {
  expect(fill(template)).toBe(name);
});

describe('a template that cannot be a file name', () => {
  const refusal = (template: string) => {
    try {
      checkName(template);
      return 'taken';
    } catch (error) {
      return error;
    }
  };

  test.each([
    ['', 'is empty'],
    [' \t', 'is empty'],
    ['trip/{seed}', '--output-dir'],
    ['../{seed}', '--output-dir'],
    ['trip\\{seed}', '--output-dir'],
    ['/tmp/x', '--output-dir'],
    ['x'.repeat(300), 'shorten it by'],
    ['湖'.repeat(90), 'shorten it by'],
    [`${'x'.repeat(230)}{date}{time}{seed}`, 'shorten it by'],
  ])('%j is refused in words', (template, words) => {
    expect(refusal(template)).toMatchObject({
      code: 'INVALID_PARAMS',
      issues: [{ path: 'name', message: expect.stringContaining(words) }],
    });
  });

  test.each([DEFAULT_NAME, 'x', '{n}', '湖'.repeat(80), '...', '{prompt}'])('%j is taken', (template) => {
    expect(refusal(template)).toBe('taken');
  });

  test('the last length that is taken leaves room for a number and the longest ending in 255 bytes', () => {
    const longest = 255 - '-9999.jpeg'.length;
    expect(refusal('x'.repeat(longest))).toBe('taken');
    expect(longestNameBytes('x'.repeat(longest))).toBe(255);
    expect(refusal('x'.repeat(longest + 1))).toMatchObject({
      message: 'name: is too long for a file name: shorten it by 1 bytes',
    });
    expect(longestNameBytes('{seed}{n}')).toBe('429496729516-9999.jpeg'.length);
  });
});
