import type { Instance } from 'ink';
import { afterEach, describe, expect, test } from 'vitest';
import type { Layer } from '../../src/tui/layer.js';
import type { Painter } from '../../src/tui/painter.js';
import type { PictureTty } from '../support/picture-tty.js';
import {
  AREA,
  expectPictures,
  Frame,
  HALF,
  IDS,
  KINDS,
  type Kind,
  layerOf,
  openInk,
  SCREEN,
  unmountAll,
} from './painter-rig.js';

afterEach(unmountAll);

describe('bytes', () => {
  const words = ['title', 'one', 'two', 'three', 'four', 'five', 'six', 'foot'];
  const RECT = { row: AREA.row, column: SCREEN.columns - AREA.columns, columns: HALF, rows: AREA.rows };
  const BESIDE = { ...RECT, column: RECT.column + HALF };

  async function openWith(kind: Kind, rect = RECT) {
    const opened = openInk(words, 'right');
    await opened.shown.waitUntilRenderFlush();
    opened.painter.show('left', await layerOf(kind, rect, 1, IDS.left));
    return opened;
  }

  async function bytesOf({ tty, shown }: { tty: PictureTty; shown: Instance }, act: () => void): Promise<string> {
    await shown.waitUntilRenderFlush();
    const before = tty.bytes.length;
    act();
    await shown.waitUntilRenderFlush();
    return tty.bytes.slice(before);
  }

  const moves = (bytes: string) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    [...bytes.matchAll(/\x1b\[(\d+);(\d+)H/g)].map(([, y, x]) => [Number(y) - 1, Number(x) - 1]);

  test.each(KINDS)('%s: one update that leaves the caret where it was', async (kind) => {
    const opened = openInk(words, 'right');
    const layer = await layerOf(kind, RECT, 1, IDS.left);
    const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
    // kitty loses placeholders in a synchronized one.
    const [begin, end] = kind === 'placeholders' ? ['', ''] : ['\x1b[?2026h', '\x1b[?2026l'];
    expect(bytes.startsWith(`${begin}\x1b7\x1b`)).toBe(true);
    expect(bytes.endsWith(`\x1b8${end}`)).toBe(true);
    expect(bytes.match(/2026/g) ?? []).toHaveLength(kind === 'placeholders' ? 0 : 2);
    expect(bytes).not.toContain('\x1b[2J');
  });

  test('when the placeholders are gone, updates are synchronized again', async () => {
    const opened = await openWith('placeholders');
    expect(await bytesOf(opened, () => opened.shown.rerender(changed))).not.toContain('2026');
    expect(await bytesOf(opened, () => opened.painter.hide('left'))).toContain('\x1b[?2026h');
  });

  test.each(KINDS)('%s: the same picture again is no byte', async (kind) => {
    const opened = await openWith(kind);
    const layer = await layerOf(kind, RECT, 1, IDS.left);
    expect(await bytesOf(opened, () => opened.painter.show('left', layer))).toBe('');
  });

  test('of half blocks only the rows that differ are sent', async () => {
    const opened = await openWith('half blocks');
    const layer = await layerOf('half blocks', RECT, 1, IDS.left);
    if (layer.content.kind !== 'rows') throw new Error('not rows');
    const lines = layer.content.lines.with(3, layer.content.lines[0]);
    const next: Layer = { ...layer, content: { ...layer.content, lines } };
    expect(moves(await bytesOf(opened, () => opened.painter.show('left', next)))).toEqual([
      [RECT.row + 3, RECT.column],
    ]);
  });

  test('of a new kitty picture in the same place only the picture is sent', async () => {
    const opened = await openWith('placeholders');
    const layer = await layerOf('placeholders', RECT, 2, IDS.left);
    const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
    expect(bytes).toContain('\x1b_G');
    expect(bytes).not.toContain('\u{10EEEE}');
  });

  test('text that takes the place of a picture of pixels needs no blanks before it', async () => {
    for (const kind of ['sixel', 'placed'] as const) {
      const opened = await openWith(kind);
      const layer = await layerOf('half blocks', RECT, 2, IDS.left);
      const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
      expect(bytes).not.toContain(' '.repeat(RECT.columns));
      await opened.tty.drawn();
      await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 2, kind: 'half blocks' }]]));
    }
  });

  const changed = <Frame texts={words.with(2, 'TWO')} area="right" />;

  test.each(KINDS)('%s: text that changes beside the picture does not touch it', async (kind) => {
    const opened = await openWith(kind);
    const bytes = await bytesOf(opened, () => opened.shown.rerender(changed));
    expect(bytes).toContain('TWO');
    expect(moves(bytes)).toEqual([]);
    await opened.tty.drawn();
    await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind }]]));
  });

  /** A row that was empty: Ink writes it from the first column, over the picture. */
  async function openOver(kind: Kind) {
    const opened = openInk(words.with(2, ' '), 'left');
    await opened.shown.waitUntilRenderFlush();
    const rect = { ...RECT, column: 0 };
    opened.painter.show('left', await layerOf(kind, rect, 1, IDS.left));
    const written = <Frame texts={words.with(2, 'TWO')} area="left" />;
    return { ...opened, rect, bytes: await bytesOf(opened, () => opened.shown.rerender(written)) };
  }

  test('a row that is written over is repainted, and no other, in the same update', async () => {
    for (const kind of ['half blocks', 'placeholders'] as const) {
      const { bytes, rect } = await openOver(kind);
      expect(moves(bytes)).toEqual([[AREA.row + 1, rect.column]]);
      expect(bytes).not.toContain('\x1b_G');
    }
  });

  test('a hole in sixel is filled by all of it, and pictures on a plane of their own have none', async () => {
    const { bytes, rect } = await openOver('sixel');
    expect(bytes.split('\x1b[?2026h')).toHaveLength(2);
    expect(moves(bytes)).toEqual([[rect.row, rect.column]]);
    expect(bytes).toContain('\x1bP0;1;0q');
    expect((await openOver('placed')).bytes).not.toContain('\x1b_G');
  });

  test.each(KINDS)('%s: a change that does not reach the picture repaints nothing', async (kind) => {
    const opened = await openWith(kind);
    const foot = <Frame texts={words.with(7, 'FOOT')} area="right" />;
    const bytes = await bytesOf(opened, () => opened.shown.rerender(foot));
    expect(bytes).toContain('FOOT');
    expect(moves(bytes)).toEqual([]);
  });

  test('a picture that goes does not touch the one beside it', async () => {
    const opened = await openWith('sixel');
    opened.painter.show('right', await layerOf('sixel', BESIDE, 2, IDS.right));
    const bytes = await bytesOf(opened, () => opened.painter.hide('left'));
    expect(bytes).not.toContain('\x1bP');
    expect(moves(bytes)).toEqual(Array.from({ length: RECT.rows }, (_, row) => [RECT.row + row, RECT.column]));
  });

  test('while held, what changes goes out in Ink’s frame: what goes before the text, what comes after it', async () => {
    const opened = await openWith('sixel');
    const layer = await layerOf('half blocks', BESIDE, 2, IDS.right);
    const bytes = await bytesOf(opened, () => {
      opened.painter.hold();
      opened.painter.hide('left');
      opened.painter.show('right', layer);
      opened.shown.rerender(changed);
    });
    expect(bytes.split('\x1b[?2026h')).toHaveLength(2);
    const [gone, text, come] = [' '.repeat(RECT.columns), 'TWO', '▀'].map((part) => bytes.indexOf(part));
    expect(gone).toBeGreaterThan(0);
    expect(text).toBeGreaterThan(gone);
    expect(come).toBeGreaterThan(text);
  });

  test('nothing is drawn outside the screen', async () => {
    for (const kind of KINDS) {
      const opened = openInk(words, 'right');
      opened.tty.resize(SCREEN.columns - 12, SCREEN.rows);
      const layer = await layerOf(kind, RECT, 1, IDS.left);
      const bytes = await bytesOf(opened, () => opened.painter.show('left', layer));
      expect(moves(bytes)).toEqual([]);
    }
  });

  test('a terminal that grew again has it all again', async () => {
    const opened = openInk(words, 'right');
    opened.tty.resize(SCREEN.columns - 12, SCREEN.rows);
    opened.painter.show('left', await layerOf('sixel', RECT, 1, IDS.left));
    opened.tty.resize(SCREEN.columns, SCREEN.rows);
    opened.painter.repaint();
    await opened.shown.waitUntilRenderFlush();
    await opened.tty.drawn();
    await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind: 'sixel' }]]));
  });

  test.each(KINDS)('%s: nothing is left when the screen is left, and nothing is drawn after it', async (kind) => {
    const opened = await openWith(kind);
    const layer = await layerOf(kind, RECT, 2, IDS.left);
    opened.shown.unmount();
    await opened.shown.waitUntilExit();
    const before = opened.tty.bytes.length;
    opened.painter.show('left', layer);
    opened.painter.repaint();
    opened.painter.hide('left');
    expect(opened.tty.bytes.slice(before)).toBe('');
    await opened.tty.drawn();
    expect(opened.tty.isAlternateScreen).toBe(false);
    expect(opened.tty.kept).toEqual([]);
  });

  test('the user’s editor in between: pictures are taken back before it, and come again after it', async () => {
    for (const kind of KINDS) {
      const opened = await openWith(kind);
      await opened.shown.waitUntilRenderFlush();
      const suspended = await suspend(opened);
      expect(opened.tty.kept).toEqual([]);
      await suspended.resume();
      await opened.shown.waitUntilRenderFlush();
      await opened.tty.drawn();
      await expectPictures(opened.tty, RECT.column, new Map([['left', { rect: RECT, seed: 1, kind }]]));
    }
  });

  /** As Ink leaves and enters the alternate screen around another program. */
  async function suspend({ painter, shown }: { painter: Painter; shown: Instance }) {
    painter.stdout.write('\x1b[?1049l');
    return {
      async resume() {
        painter.stdout.write('\x1b[?1049h');
        shown.rerender(changed);
      },
    };
  }

  test('how long the terminal took is told of writes with pictures only', async () => {
    const opened = await openOver('sixel');
    expect(opened.writes).toHaveLength(2);
    opened.shown.rerender(<Frame texts={words.with(7, 'FOOT')} area="left" />);
    await opened.shown.waitUntilRenderFlush();
    expect(opened.tty.bytes).toContain('FOOT');
    expect(opened.writes).toHaveLength(2);
  });
});
