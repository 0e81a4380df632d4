/** The terminal UI as a person has it: the built command in a real terminal, with its own server and the embedded model. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.js';
import { begin, hasMade, isAtStep, isPictureInPlace, makeTuiHome } from '../support/tui-terminal.js';

// Longer than the terminal's patience, which says what was on screen.
vi.setConfig({ testTimeout: 150_000 });

const TINY = ['-s', '4', '-w', '256', '-h', '256'];
/** Long enough to be in the middle of. */
const LONG = ['-s', '100', '-w', '512', '-h', '512'];
/** A picture is told a moment before its job has ended, and a key may be about that one. */
const isIdle = (text: string) => !text.includes('x cancel');
const seedOf = (name: string) => name.match(/_(\d+)(?:-\d+)?\.png$/)?.[1];

/** The steps that the bar has told until it holds, and how many looks of the picture there were. */
async function watch(terminal: PtyTerminal, holds: (text: string) => boolean) {
  const [steps, looks] = [new Set<number>(), new Set<string>()];
  await terminal.until((text) => {
    const step = text.match(/step (\d+)\//)?.[1];
    if (step !== undefined) steps.add(Number(step));
    looks.add(terminal.picture());
    return holds(text);
  });
  return { steps: [...steps], looks: looks.size };
}

test('a first session: makes, makes again, takes another seed, edits, cancels, quits', {
  timeout: 120_000,
}, async () => {
  const home = await makeTuiHome();
  const terminal = home.open(['-s', '50', '-w', '256', '-h', '256']);
  await terminal.shows('Describe a picture');
  terminal.type('a cyberpunk city at night');
  await terminal.shows('a cyberpunk city at night');

  // The first picture: the bar moves, the preview changes.
  terminal.type('\r');
  const { steps, looks } = await watch(terminal, hasMade(1));
  expect(steps.length).toBeGreaterThan(3);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  // How often depends on the machine: slow steps leave little time for previews.
  expect(looks).toBeGreaterThan(1);
  const [first] = await home.saved();
  expect(terminal.text()).toContain(first);
  expect(await sharp(join(home.cwd, 'out', first)).metadata()).toMatchObject({
    format: 'png',
    width: 256,
    height: 256,
  });

  // r: the same seed, another file.
  terminal.type('r');
  await terminal.until(hasMade(2));
  expect(new Set((await home.saved()).map(seedOf))).toEqual(new Set([seedOf(first)]));

  // R: another seed.
  terminal.type('R');
  await terminal.until((text) => hasMade(3)(text) && isIdle(text));
  const fresh = await home.saved();
  expect(fresh).toHaveLength(3);
  expect(new Set(fresh.map(seedOf)).size).toBe(2);

  // e: the prompt again, all keys as one event; x: cancelled, nothing saved.
  terminal.type('e, rain\r');
  await terminal.until(isAtStep(1));
  terminal.type('x');
  await terminal.shows('Cancelled.');
  expect(await home.saved()).toHaveLength(3);

  terminal.type('q');
  expect(await terminal.exited).toBe(0);
  await terminal.until(() => !terminal.isAlternateScreen);
  for (const name of fresh) expect(terminal.text()).toContain(join('out', name));
});

test('a new machine: where pictures are made is asked once', async () => {
  const home = await makeTuiHome();
  const first = home.open(TINY, { isFirstRun: true });
  await first.shows('Welcome to safelight');
  first.type('\r');
  await first.shows('leads to a GPU server');
  first.type('a lake\r');
  await first.until((text) => hasMade(1)(text) && isIdle(text));
  first.type('q');
  expect(await first.exited).toBe(0);
  const second = home.open(TINY, { isFirstRun: true });
  await second.shows('Describe a picture');
  expect(second.bytes).not.toContain('Welcome');
});

test('the window changes in the middle of a preview: the picture moves, and nothing of the old one stays', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(LONG);
  await begin(terminal, 'a lake', 1);
  await terminal.until(() => isPictureInPlace(terminal, 120, 30));
  for (const [columns, rows] of [
    [80, 24],
    [60, 40],
    [130, 36],
    [60, 16],
  ]) {
    // biome-ignore format: pairs
    terminal.resize(columns, rows);
    await terminal.until((text) => isPictureInPlace(terminal, columns, rows) && text.includes('● safelight'));
  }
  // Quit: it is asked about first, and ends with the program.
  terminal.type('q');
  await terminal.shows('A picture is not done yet.');
  terminal.type('x');
  expect(await terminal.exited).toBe(0);
  expect(await home.saved()).toEqual([]);
});

test('a window too small for a form is one line, and grows into the whole', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(LONG, { columns: 44, rows: 6 });
  await begin(terminal, 'a lake');
  expect(terminal.rows().filter((row) => row !== '')).toHaveLength(1);
  terminal.type('q');
  await terminal.shows('not done yet');
  terminal.type('\x1b');
  await terminal.until(isAtStep(3));
  terminal.resize(80, 24);
  await terminal.until((text) => isPictureInPlace(terminal, 80, 24) && text.includes('│ a lake'));
});

test('without colours there is text, and no picture', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(TINY, { env: { NO_COLOR: '1' } });
  await terminal.shows('Describe a picture');
  terminal.type('a lake\r');
  await terminal.until(hasMade(1));
  expect(terminal.text()).not.toContain('▀');
  expect(terminal.coloredCells()).toBe(0);
  expect(terminal.text()).toContain((await home.saved())[0]);
});

test('the prompt goes into the user’s editor and back, which has the terminal for itself meanwhile', async () => {
  const home = await makeTuiHome();
  const editor = join(home.cwd, 'my editor');
  const script = 'stty -a > seen.txt; cat "$1"; echo "and what?"; read line; echo "$line" >> "$1"';
  await writeFile(editor, `#!/bin/sh\n${script}\n`);
  await chmod(editor, 0o755);
  const terminal = home.open([], { env: { EDITOR: `"${editor}"` } });
  await terminal.shows('Describe a picture');
  terminal.type('a lake');
  await terminal.shows('a lake');
  terminal.type('\x07');
  await terminal.shows('and what?');
  expect(terminal.isAlternateScreen).toBe(false);
  expect(terminal.modes).toEqual([]);
  terminal.type('a boat\r');
  await terminal.until((text) => /│ a lake +│/.test(text) && /│ a boat +│/.test(text));
  expect(terminal.isAlternateScreen).toBe(true);
  expect((await readFile(join(home.cwd, 'seen.txt'), 'utf8')).split(/\s+/)).toEqual(
    expect.arrayContaining(['icanon', 'echo']),
  );
  terminal.type('!');
  await terminal.shows('a boat!');
});
