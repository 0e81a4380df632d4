/** Previews and finished pictures beside the form. */
import { afterEach, describe, expect, test } from 'vitest';
import { createLayout } from '../../../src/tui/layout.js';
import { closeTuis, KEYS, openTui, openWatching, progress, type Tui } from '../open-tui.js';

afterEach(closeTuis);

describe('the picture', () => {
  const pictureOf = (columns: number, rows: number, aspect = 1) => {
    const { picture } = createLayout({ columns, rows, aspect });
    if (picture === undefined) throw new Error('no room for a picture');
    return picture;
  };
  /** The colours of all cells in the picture's box. */
  const colors = (tui: Tui, box: { row: number; column: number; rows: number; columns: number }) => {
    const cells = Array.from({ length: box.rows * box.columns }, (_, index) =>
      tui.tty.cell(box.row + Math.floor(index / box.columns), box.column + (index % box.columns)),
    );
    return new Set(cells);
  };
  const solid = ([r, g, b]: readonly [number, number, number]) => {
    const value = (r << 16) | (g << 8) | b;
    // 50331648 is xterm's mark of a 24-bit colour.
    return new Set([`▀/50331648:${value}/50331648:${value}`]);
  };

  test('the server is asked for exactly the box, eight times a second', async () => {
    const tui = openTui({ color: 'truecolor', params: { width: 768, height: 512 } });
    await tui.shows('your picture');
    const { columns, rows } = pictureOf(80, 24, 1.5);
    expect(tui.client.wishes.at(-1)).toEqual({
      format: 'rgb',
      maxWidth: columns,
      maxHeight: rows * 2,
      maxPerSecond: 8,
    });
  });

  test('a preview fills the box, the finished picture replaces it, and text goes on beside it', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(box.columns, box.rows * 2, [10, 200, 30]);
    await tui.until(() => tui.text().includes('▀'));
    expect(colors(tui, box)).toEqual(solid([10, 200, 30]));
    tui.client.job.tell(progress(5));
    await tui.shows('5/25');
    expect(colors(tui, box)).toEqual(solid([10, 200, 30]));
    tui.client.job.finish(42);
    await tui.until(() => colors(tui, box).has([...solid(tui.client.finalColor)][0]));
    expect(colors(tui, box)).toEqual(solid(tui.client.finalColor));
    expect(tui.text()).toContain('out/1_42.png');
  });

  test('stays as it is while the size of the next one is chosen', async () => {
    const tui = await openWatching({ color: 'truecolor', columns: 100, rows: 36 });
    const box = pictureOf(100, 36);
    tui.client.job.preview(box.columns, box.rows * 2, [10, 200, 30]);
    await tui.until((text) => text.includes('▀'));
    const wishes = tui.client.wishes.length;
    tui.tty.type(`e\t\t${KEYS.right.repeat(6)}`);
    await tui.shows('‹ 896 ›');
    expect(colors(tui, box)).toEqual(solid([10, 200, 30]));
    expect(tui.client.wishes).toHaveLength(wishes);
    // The next one gets its own box with its first look, not before.
    tui.client.job.finish(42);
    await tui.generate('');
    await tui.shows('896×512');
    await tui.until(() => colors(tui, box).has([...solid(tui.client.finalColor)][0]));
    expect(colors(tui, box)).toEqual(solid(tui.client.finalColor));
    tui.client.job.tell({ type: 'started', seeds: [1] });
    tui.client.job.tell(progress(1));
    const wide = pictureOf(100, 36, 896 / 512);
    await tui.until(() => tui.client.wishes.at(-1)?.maxWidth === wide.columns);
    tui.client.job.preview(wide.columns, wide.rows * 2, [1, 2, 3]);
    await tui.until(() => colors(tui, wide).has([...solid([1, 2, 3])][0]));
    expect(colors(tui, wide)).toEqual(solid([1, 2, 3]));
  });

  test('a preview of another size is scaled to the box; one that comes too late is not shown', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(5, 5, [1, 2, 3]);
    await tui.until(() => tui.text().includes('▀'));
    expect(colors(tui, box)).toEqual(solid([1, 2, 3]));
    const { width, height } = { width: 512, height: 512 };
    tui.client.job.tell({
      type: 'image',
      n: 0,
      seed: 42,
      sha256: '',
      bytes: 1,
      width,
      height,
      format: 'png',
      href: '/',
    });
    tui.client.job.preview(5, 5, [1, 2, 3]);
    tui.client.job.tell({ type: 'completed', seeds: [42], timings: { queuedMs: 0, totalMs: 1 } });
    await tui.until(() => colors(tui, box).has([...solid(tui.client.finalColor)][0]));
    expect(colors(tui, box)).toEqual(solid(tui.client.finalColor));
  });

  test('one of another shape stands in the middle of the box', async () => {
    const tui = await openWatching({ color: 'truecolor' });
    const box = pictureOf(80, 24);
    tui.client.job.preview(60, 30, [1, 2, 3]);
    await tui.until(() => tui.text().includes('▀'));
    const isShown = (row: number) => tui.tty.rows()[row].includes('▀'.repeat(box.columns));
    const rows = Array.from({ length: box.rows }, (_, index) => box.row + index).filter(isShown);
    expect(rows).toHaveLength(Math.round(box.columns / 2 / 2));
    const [above, below] = [rows[0] - box.row, box.row + box.rows - 1 - rows[rows.length - 1]];
    expect([0, 1]).toContain(below - above);
  });

  test('without colours there is none, and none is asked for', async () => {
    const tui = await openWatching();
    tui.client.job.preview(10, 10, [1, 2, 3]);
    tui.client.job.finish(42);
    await tui.shows('out/1_42.png');
    expect(tui.text()).not.toContain('▀');
    expect(tui.client.wishes).toEqual([]);
  });

  test('after any resizes the screen is as if it had been opened at that size', async () => {
    const sizes = [[120, 40], [100, 30], [60, 40], [30, 6], [80, 24], [80, 30], [90, 30], [70, 26]]; // biome-ignore format: pairs
    const tui = await openWatching({ color: 'truecolor' });
    tui.client.job.preview(20, 20, [10, 200, 30]);
    await tui.until(() => tui.text().includes('▀'));
    for (const [columns, rows] of sizes) {
      const fresh = await openWatching({ color: 'truecolor', columns, rows });
      fresh.client.job.preview(20, 20, [10, 200, 30]);
      const hasPicture = createLayout({ columns, rows, aspect: 1 }).picture !== undefined;
      await fresh.until((text) => text.includes('▀') === hasPicture);
      tui.tty.resize(columns, rows);
      await tui.until((text) => text === fresh.text());
      if (hasPicture) expect(colors(tui, pictureOf(columns, rows))).toEqual(solid([10, 200, 30]));
    }
  });
});
