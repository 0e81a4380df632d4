/** The terminal UI in a pty: what it tells of its jobs, whether its picture is where it belongs, and whether it left the terminal as it was. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createLayout } from '../../src/tui/layout.js';
import { openPtyTerminal, type PtyOptions, type PtyTerminal } from './pty-terminal.js';

/** A place that the UI may be opened in again and again: its pictures, settings and journal stay. */
export interface TuiHome {
  cwd: string;
  open(args?: string[], options?: Partial<PtyOptions>): PtyTerminal;
  /** Names of the saved pictures. */
  saved(): Promise<string[]>;
  /** Jobs that stand in the journal. */
  journal(): Promise<string[]>;
}

export async function makeTuiHome(): Promise<TuiHome> {
  const cwd = await mkdtemp(join(tmpdir(), 'safelight-tui-'));
  const opened: PtyTerminal[] = [];
  onTestFinished(async () => {
    for (const terminal of opened) terminal.kill('SIGKILL');
    await Promise.all(opened.map(({ exited }) => exited));
    await rm(cwd, { recursive: true, maxRetries: 10 }); // an engine that was just killed may still write
  });
  const env = {
    SAFELIGHT_CONFIG_DIR: join(cwd, 'config'),
    SAFELIGHT_DATA_DIR: join(cwd, 'data'),
    SAFELIGHT_JOURNAL_DIR: join(cwd, 'journal'),
  };
  return {
    cwd,
    open(args = [], options = {}) {
      const terminal = openPtyTerminal({
        cwd,
        ...options,
        args: ['-o', 'out', ...args],
        env: { ...env, ...options.env },
      });
      opened.push(terminal);
      return terminal;
    },
    saved: () => namesIn(join(cwd, 'out')),
    journal: () => namesIn(join(cwd, 'journal')),
  };
}

async function namesIn(dir: string): Promise<string[]> {
  return (await readdir(dir).catch(() => [])).sort();
}

/** So many results are told. */
export const hasMade = (count: number) => (text: string) => text.split('✔ ').length - 1 >= count;

/** Of the job on screen, at least so far. */
export const isAtStep = (step: number) => (text: string) => Number(/step (\d+)\//.exec(text)?.[1] ?? 0) >= step;

/** Types a prompt and waits until its picture develops. */
export async function begin(terminal: PtyTerminal, prompt: string, step = 3): Promise<void> {
  await terminal.shows('Describe a picture');
  terminal.type(`${prompt}\r`);
  await terminal.until(isAtStep(step));
}

/** All of the picture's box, and nothing beside it. */
export function isPictureInPlace(terminal: PtyTerminal, columns: number, rows: number): boolean {
  const { picture } = createLayout({ columns, rows, aspect: 1 });
  if (picture === undefined) throw new Error('no room for a picture');
  const filled = `${' '.repeat(picture.column)}${'▀'.repeat(picture.columns)}`;
  return terminal.rows().every((row, at) => {
    const isBeside = at < picture.row || at >= picture.row + picture.rows;
    return row.replace(/[^▀]/g, ' ').trimEnd() === (isBeside ? '' : filled);
  });
}

/** Of a UI that was opened with `thenStty` and has ended. */
export async function expectRestored(terminal: PtyTerminal): Promise<void> {
  await terminal.shows('icanon');
  expect(terminal.isAlternateScreen).toBe(false);
  expect(terminal.isCursorVisible).toBe(true);
  expect(terminal.modes).toEqual([]);
  const settings = terminal.text().split(/\s+/);
  expect(settings).toEqual(expect.arrayContaining(['icanon', 'echo', 'isig', 'icrnl']));
}
