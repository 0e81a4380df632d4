import xterm from '@xterm/headless';
import sharp from 'sharp';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createLiveScreen, previewBox } from '../../src/cli/live-screen.js';
import { toProgressLine } from '../../src/cli/progress-line.js';
import type { ClientEvent, ImageEvent } from '../../src/client/client.js';

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const solidPng = async (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c85028' } })
    .png()
    .toBuffer();
// Paths go to stdout, which is not under test here.
beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
const half = { image: 0, count: 1, step: 10, steps: 20, elapsedMs: 1000, etaMs: 1000, stepsPerSecond: 10 };

describe('toProgressLine', () => {
  test('bar, step, rate and time left', () => {
    expect(toProgressLine(half, 80)).toBe('[###############---------------] step 10/20 · 10.0 it/s · 0:01 left');
  });

  test.each([80, 60, 45, 30, 10])('fits into %i columns', (columns) => {
    expect(toProgressLine(half, columns).length).toBeLessThanOrEqual(columns);
  });
});

describe('the live screen', () => {
  const columns = 60;
  const rows = 20;

  function open() {
    const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const written: string[] = [];
    const tty = {
      ...{ columns, rows },
      write(text: string, done?: () => void) {
        written.push(text);
        done?.();
      },
    };
    const screen = createLiveScreen(tty, 'truecolor', 1);
    const shown = async () => {
      await new Promise<void>((done) => terminal.write(written.splice(0).join(''), done));
      const buffer = terminal.buffer.active;
      return Array.from({ length: rows }, (_, y) => buffer.getLine(y)?.translateToString(true) ?? '');
    };
    return { screen, shown, terminal, tty };
  }

  const progress = (step: number): ClientEvent => ({
    type: 'progress',
    jobId,
    seq: step,
    image: 0,
    step,
    steps: 4,
    elapsedMs: step * 100,
    etaMs: (4 - step) * 100,
  });
  const preview = (width: number, height: number): ClientEvent => ({
    type: 'preview',
    jobId,
    seq: 1,
    image: 0,
    step: 1,
    width,
    height,
    format: 'rgb',
    bytes: new Uint8Array(width * height * 3).fill(90),
  });

  test('the bar is rewritten in place, the picture stands below it', async () => {
    const { screen, shown } = open();
    screen.event(progress(1));
    screen.event(preview(8, 6));
    screen.event(progress(3));
    const lines = await shown();
    expect(lines[0]).toMatch(/^\[#+-+\] step 3\/4/);
    expect(lines.slice(1, 5)).toEqual(['▀'.repeat(8), '▀'.repeat(8), '▀'.repeat(8), '']);
  });

  test('when it closes the bar is gone and the picture stays, with a free line for the shell', async () => {
    const { screen, shown } = open();
    screen.event(progress(2));
    screen.event(preview(4, 4));
    screen.close();
    expect((await shown()).slice(0, 3)).toEqual(['▀▀▀▀', '▀▀▀▀', '']);
  });

  test('a note stands above the bar, and stays', async () => {
    const { screen, shown } = open();
    screen.event({ type: 'stage', jobId, seq: 1, name: 'encode', notes: ['The mask is all white.'] });
    screen.event(progress(2));
    const lines = await shown();
    expect(lines[0]).toBe('The mask is all white.');
    expect(lines[1]).toMatch(/^\[#+-+\] step 2\/4/);
  });

  test('a saved picture stays above the bar of the next one, whose look is not mistaken for it', async () => {
    const { screen, shown } = open();
    const bytes = await solidPng(8, 4);
    screen.event(preview(8, 6));
    const saving = screen.saved('0.png', { n: 0 } as ImageEvent, bytes);
    screen.event({ ...progress(2), image: 1 } as ClientEvent);
    screen.event({ ...preview(4, 4), image: 1 } as ClientEvent);
    await saving;
    const lines = await shown();
    // 40 columns is the widest that is drawn; what belongs to the picture itself is drawn once.
    expect(lines.slice(0, 10)).toEqual(Array(10).fill('▀'.repeat(40)));
    expect(lines[10]).toMatch(/ step 2\/4/);
    expect(lines.slice(11, 14)).toEqual(['▀▀▀▀', '▀▀▀▀', '']);
    screen.event({ ...progress(3), image: 1 } as ClientEvent);
    expect((await shown())[10]).toMatch(/ step 3\/4/);
  });

  test('the last picture takes its own bar and look away', async () => {
    const { screen, shown } = open();
    screen.event(progress(4));
    screen.event(preview(8, 6));
    await screen.saved('0.png', { n: 0 } as ImageEvent, await solidPng(8, 4));
    screen.close();
    expect(await shown()).toEqual([...Array(10).fill('▀'.repeat(40)), ...Array(10).fill('')]);
  });

  test('one that cannot be drawn is saved all the same', async () => {
    const { screen, shown } = open();
    await screen.saved('0.png', { n: 0 } as ImageEvent, Buffer.from('no picture'));
    expect((await shown()).every((line) => line === '')).toBe(true);
  });

  test('a failure leaves nothing behind', async () => {
    const { screen, shown } = open();
    screen.event(progress(2));
    screen.event(preview(4, 4));
    screen.failed(new Error('x'));
    expect((await shown()).every((line) => line === '')).toBe(true);
  });

  test('lends the terminal empty, draws nothing meanwhile, and all of it again after that', async () => {
    const { screen, shown } = open();
    screen.event(progress(2));
    screen.event(preview(8, 6));
    await screen.lend(async () => {
      screen.event(progress(3));
      expect((await shown()).every((line) => line === '')).toBe(true);
    });
    const lines = await shown();
    expect(lines[0]).toMatch(/step 3\/4/);
    expect(lines.slice(1, 5)).toEqual(['▀'.repeat(8), '▀'.repeat(8), '▀'.repeat(8), '']);
  });

  test('fits into a window that became smaller while it was lent', async () => {
    const { screen, shown, terminal, tty } = open();
    screen.event(progress(2));
    screen.event(preview(40, 20));
    await screen.lend(async () => {
      await shown();
      Object.assign(tty, { columns: 30, rows: 12 });
      terminal.resize(30, rows);
    });
    const lines = await shown();
    expect(lines[0]).toHaveLength(29);
    expect(lines.filter((line) => line.includes('▀'))).toEqual(Array(7).fill('▀'.repeat(29)));
  });

  test('a shell that took the terminal unasked keeps its lines', async () => {
    const { screen, shown, terminal } = open();
    screen.event(progress(2));
    screen.event(preview(8, 6));
    await shown();
    terminal.write('\r\n$ fg\r\n');
    await screen.lend(async () => {}, true);
    const lines = await shown();
    expect(lines[4]).toBe('$ fg');
    expect(lines[5]).toMatch(/step 2\/4/);
    expect(lines[6]).toBe('▀'.repeat(8));
  });

  test('asks for no more pixels than it can show', () => {
    expect(previewBox({ write: () => true, columns: 200, rows: 60 })).toEqual({ maxWidth: 40, maxHeight: 40 });
    expect(previewBox({ write: () => true, columns: 30, rows: 10 })).toEqual({ maxWidth: 29, maxHeight: 12 });
  });
});
