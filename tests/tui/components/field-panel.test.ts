import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangeAround } from '../../../src/tui/components/field-panel.js';

test.each([
  [[1, 1, 1, 1, 1], 2, 3, [1, 4]],
  [[1, 1, 1, 1, 1], 0, 3, [0, 3]],
  [[1, 1, 1, 1, 1], 4, 3, [2, 5]],
  [[1, 1, 1], 1, 9, [0, 3]],
  // An error of two lines goes with its field, or the field stays out.
  [[3, 1, 1, 1], 1, 3, [1, 4]],
  [[3, 1, 1, 1], 1, 5, [1, 4]],
  [[3, 1, 1, 1], 1, 6, [0, 4]],
  [[1, 3, 1], 1, 3, [1, 2]],
  [[1, 3, 1], 1, 2, [1, 2]],
])('of rows %j around %i there are in %i', (heights, chosen, rows, range) => {
  expect(rangeAround(heights, chosen, rows)).toEqual(range);
});

test('what is shown fits, and the chosen one is among it', () => {
  const heights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(heights, fc.nat(19), fc.integer({ min: 4, max: 30 }), (all, at, rows) => {
      const chosen = at % all.length;
      const [first, end] = rangeAround(all, chosen, rows);
      expect(first <= chosen && chosen < end).toBe(true);
      expect(all.slice(first, end).reduce((sum, height) => sum + height, 0)).toBeLessThanOrEqual(rows);
    }),
  );
});
