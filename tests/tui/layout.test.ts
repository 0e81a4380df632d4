import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLayout, fitPicture, type Layout } from '../../src/tui/layout.js';
import { overlaps } from '../../src/tui/rect.js';

function placeOf({ form, picture }: Layout): 'beside' | 'below' | 'none' {
  if (picture === undefined) return 'none';
  return picture.row === form.row ? 'beside' : 'below';
}

describe('fitPicture', () => {
  test.each([
    [{ columns: 100, rows: 20 }, 1, { columns: 40, rows: 20 }],
    [{ columns: 30, rows: 20 }, 1, { columns: 30, rows: 15 }],
    [{ columns: 100, rows: 20 }, 2, { columns: 80, rows: 20 }],
    [{ columns: 100, rows: 20 }, 0.5, { columns: 20, rows: 20 }],
    [{ columns: -3, rows: 20 }, 1, { columns: 0, rows: 0 }],
    [{ columns: 20, rows: -1 }, 32, { columns: 0, rows: 0 }],
    [{ columns: 0, rows: 20 }, 1 / 32, { columns: 0, rows: 0 }],
    [{ columns: 30, rows: 20 }, 32, { columns: 30, rows: 1 }],
    [{ columns: 10, rows: 4 }, 32, { columns: 10, rows: 1 }],
    [{ columns: 100, rows: 10 }, 1 / 32, { columns: 1, rows: 10 }],
  ])('%j at %f', (area, aspect, size) => {
    expect(fitPicture(area, aspect)).toEqual(size);
  });

  test('cells that are not twice as high as wide', () => {
    expect(fitPicture({ columns: 100, rows: 20 }, 1, 10 / 18)).toEqual({ columns: 36, rows: 20 });
    expect(fitPicture({ columns: 30, rows: 40 }, 1.5, 0.4)).toEqual({ columns: 30, rows: 8 });
  });
});

test.each([
  [80, 24, 'beside'],
  [120, 40, 'beside'],
  [200, 50, 'beside'],
  [60, 40, 'below'],
  [48, 50, 'below'],
  [44, 12, 'none'],
])('%i×%i: %s', (columns, rows, place) => {
  const layout = createLayout({ columns, rows, aspect: 1 });
  expect(layout.kind).toBe('form');
  expect(placeOf(layout)).toBe(place);
});

test.each([1 / 32, 1 / 8, 8, 32])('a strip of aspect %f has a place where a square has one', (aspect) => {
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [60, 40],
  ])
    expect(createLayout({ columns, rows, aspect }).picture).toBeDefined();
});

test('a wide picture goes below where a square one goes beside', () => {
  expect(placeOf(createLayout({ columns: 100, rows: 40, aspect: 1 }))).toBe('beside');
  expect(placeOf(createLayout({ columns: 100, rows: 40, aspect: 3 }))).toBe('below');
});

test.each([
  [39, 24],
  [80, 9],
  [1, 1],
])('%i×%i is one line', (columns, rows) => {
  expect(createLayout({ columns, rows, aspect: 1 })).toMatchObject({ kind: 'line', picture: undefined });
});

test('no picture when there is none to show', () => {
  expect(createLayout({ columns: 120, rows: 40, aspect: undefined }).picture).toBeUndefined();
});

test('at every size all is on the screen, nothing overlaps, and the picture keeps its shape', () => {
  const size = fc.record({
    columns: fc.integer({ min: 40, max: 300 }),
    rows: fc.integer({ min: 10, max: 120 }),
    aspect: fc.double({ min: 1 / 32, max: 32, noNaN: true }),
    cellAspect: fc.double({ min: 0.35, max: 0.7, noNaN: true }),
  });
  fc.assert(
    fc.property(size, ({ columns, rows, aspect, cellAspect }) => {
      const { form, picture, promptRows } = createLayout({ columns, rows, aspect, cellAspect });
      const [header, footer] = [0, rows - 1].map((row) => ({ row, column: 0, rows: 1, columns }));
      expect(form.rows).toBeGreaterThanOrEqual(promptRows + 2 + 1 + 2);
      expect(form.columns).toBeGreaterThanOrEqual(38);
      for (const box of picture === undefined ? [form] : [form, picture]) {
        expect(box.column + box.columns).toBeLessThan(columns);
        expect(overlaps(box, header) || overlaps(box, footer)).toBe(false);
      }
      if (picture === undefined) return;
      expect(overlaps(form, picture)).toBe(false);
      // Cells round each side by half a cell at most; a strip gets a box that is less narrow.
      const shape = Math.min(4, Math.max(1 / 3, aspect));
      expect(Math.abs((picture.columns * cellAspect) / shape - picture.rows)).toBeLessThan(1);
    }),
  );
});
