/** The terminal UI as a person has it: the built command in a real terminal, with its own server and the embedded model. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPtyTerminal, type PtyTerminal } from '../support/pty-terminal.js';

let cwd: string;
let terminal: PtyTerminal;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'safelight-tui-'));
});
afterEach(async () => {
  terminal.kill('SIGKILL');
  await terminal.exited;
  await rm(cwd, { recursive: true });
});

const open = (...args: string[]) => openPtyTerminal({ args: ['-o', 'out', ...args], cwd });
const savedFiles = async () => (await readdir(join(cwd, 'out'))).sort();
const seedOf = (name: string) => name.match(/_(\d+)(?:-\d+)?\.png$/)?.[1];

/** The steps that the bar has told until the UI stands still. */
async function watchSteps(done: (text: string) => boolean): Promise<number[]> {
  const steps = new Set<number>();
  await terminal.until((text) => {
    const step = text.match(/step (\d+)\//)?.[1];
    if (step !== undefined) steps.add(Number(step));
    return done(text);
  });
  return [...steps];
}

const isIdle = (text: string) => text.includes('r same again');

async function expectCleanTerminal(): Promise<void> {
  expect(terminal.isAlternateScreen).toBe(false);
  expect(terminal.isCursorVisible).toBe(true);
}

describe('a session', () => {
  test('types a prompt, watches it develop, makes it again, edits, cancels, quits', { timeout: 120_000 }, async () => {
    terminal = open('-s', '100', '-w', '512', '-h', '512');
    await terminal.shows('Describe a picture');
    terminal.type('a cyberpunk city at night');
    await terminal.shows('a cyberpunk city at night');

    // The first picture: the bar moves, the preview changes.
    terminal.type('\r');
    const pictures = new Set<string>();
    const steps = await watchSteps((text) => {
      pictures.add(terminal.picture());
      return isIdle(text);
    });
    expect(steps.length).toBeGreaterThan(5);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(pictures.size).toBeGreaterThan(3);
    const [first] = await savedFiles();
    expect(terminal.text()).toContain(first);
    expect(await sharp(join(cwd, 'out', first)).metadata()).toMatchObject({ format: 'png', width: 512, height: 512 });

    // r: the same seed, another file.
    terminal.type('r');
    await terminal.shows('x cancel');
    await terminal.until(isIdle);
    const again = await savedFiles();
    expect(again).toHaveLength(2);
    expect(new Set(again.map(seedOf))).toEqual(new Set([seedOf(first)]));

    // R: another seed.
    terminal.type('R');
    await terminal.shows('x cancel');
    await terminal.until(isIdle);
    const fresh = await savedFiles();
    expect(fresh).toHaveLength(3);
    expect(new Set(fresh.map(seedOf)).size).toBe(2);

    // e: the prompt again; x: cancelled, nothing saved.
    terminal.type('e');
    await terminal.shows('enter generate');
    terminal.type(', rain\r');
    await terminal.shows('a cyberpunk city at night, rain');
    await terminal.until((text) => /step \d+\//.test(text));
    terminal.type('x');
    await terminal.shows('Cancelled.');
    expect(await savedFiles()).toHaveLength(3);

    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    await terminal.until(() => !terminal.isAlternateScreen);
    await expectCleanTerminal();
    for (const name of fresh) expect(terminal.text()).toContain(join('out', name));
  });

  test('Ctrl-C leaves at once when nothing runs', async () => {
    terminal = open();
    await terminal.shows('Describe a picture');
    terminal.type('\x03');
    expect(await terminal.exited).toBe(0);
    await terminal.until(() => !terminal.isAlternateScreen);
    await expectCleanTerminal();
  });

  test('SIGTERM in the middle of a picture leaves the terminal clean', async () => {
    terminal = open('-s', '100', '-w', '512', '-h', '512');
    await terminal.shows('Describe a picture');
    terminal.type('a lake\r');
    await terminal.until((text) => /step \d+\//.test(text));
    terminal.kill('SIGTERM');
    expect(await terminal.exited).not.toBe(0);
    await terminal.until(() => !terminal.isAlternateScreen);
    await expectCleanTerminal();
  });

  test('under NO_COLOR there is text, and no picture', async () => {
    terminal = openPtyTerminal({
      args: ['-o', 'out', '-s', '4', '-w', '256', '-h', '256'],
      cwd,
      env: { NO_COLOR: '1' },
    });
    await terminal.shows('Describe a picture');
    terminal.type('a lake\r');
    await terminal.until(isIdle);
    expect(terminal.text()).not.toContain('▀');
    expect(terminal.text()).toContain((await savedFiles())[0]);
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
  });
});
