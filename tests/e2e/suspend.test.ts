/** Ctrl-Z and `fg` under a real shell, and windows that are closed. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.js';
import { begin, hasMade, isAtStep, isPictureInPlace, makeTuiHome } from '../support/tui-terminal.js';

// Longer than the terminal's patience, which says what was on screen.
vi.setConfig({ testTimeout: 150_000 });

/** Long enough to be stopped in the middle of. */
const LONG = ['-s', '40', '-w', '256', '-h', '256'];
/** Not done before it is stopped, also where the test itself is held up for seconds. */
const ENDLESS = ['-s', '100', '-w', '512', '-h', '512'];
const CTRL_Z = '\x1a';
/** With the exit code behind it, as at its start. */
const FG = 'fg; echo ended $?\r';
const STOPPED = /\[1\]\+ +Stopped/;

/** The shell has the terminal as if nothing had been on it. */
async function expectLeft(terminal: PtyTerminal): Promise<void> {
  await terminal.until((text) => STOPPED.test(text));
  expect(terminal.isAlternateScreen).toBe(false);
  expect(terminal.isCursorVisible).toBe(true);
  expect(terminal.modes).toEqual([]);
  expect(terminal.text()).not.toContain('▀');
}

const stepOf = (terminal: PtyTerminal) => Number(/step (\d+)\//.exec(terminal.text())?.[1]);

describe('the terminal UI', () => {
  test.each([
    ['the key, in the prompt', (terminal: PtyTerminal) => terminal.type(`e${CTRL_Z}`)],
    [
      'the key, on a page over the screen',
      async (terminal: PtyTerminal) => {
        terminal.type('?');
        await terminal.shows('new seed');
        terminal.type(CTRL_Z);
      },
    ],
    ['a signal', (terminal: PtyTerminal) => terminal.kill('SIGTSTP')],
  ])('%s stops it and leaves a clean terminal; fg draws it again, in the window’s new size', async (name, stop) => {
    const home = await makeTuiHome();
    const terminal = home.open(ENDLESS, { inShell: true });
    await begin(terminal, 'a lake');
    await terminal.until(() => isPictureInPlace(terminal, 120, 30));
    const before = stepOf(terminal);
    await stop(terminal);
    await expectLeft(terminal);
    terminal.type('stty -a\r');
    await terminal.until((text) => /(?<!-)isig (?<!-)icanon iexten echo /.test(text));
    terminal.resize(90, 28);
    terminal.type(FG);
    if (name.includes('page')) {
      await terminal.shows('new seed');
      terminal.type('\x1b');
    }
    await terminal.until((text) => isPictureInPlace(terminal, 90, 28) && isAtStep(before + 1)(text));
  });

  test('pictures of kitty’s are taken back before the shell has the terminal, and sent again', async () => {
    const home = await makeTuiHome();
    const replies = { '\x1b[>0q': '\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\', '\x1b[14t': '\x1b[6;17;8t' };
    const terminal = home.open(['-s', '4'], { inShell: true, replies });
    await begin(terminal, 'a lake', 0);
    await terminal.until(hasMade(1));
    await terminal.until((text) => text.includes('\u{10EEEE}'));
    terminal.type(CTRL_Z);
    await expectLeft(terminal);
    const at = (bytes: string) => terminal.bytes.lastIndexOf(bytes);
    expect(at('\x1b_Ga=d,d=I')).toBeGreaterThan(at('a=T,U=1'));
    expect(at('\x1b_Ga=d,d=I')).toBeLessThan(at('\x1b[?1049l'));
    terminal.type(FG);
    await terminal.until((text) => text.includes('\u{10EEEE}'));
    expect(at('a=T,U=1')).toBeGreaterThan(at('\x1b[?1049h'));
    expect(terminal.modes).toEqual(['paste']);
    terminal.type('q');
    await terminal.shows('ended 0');
  });

  test('with no shell that could continue it, it goes on', async () => {
    const home = await makeTuiHome();
    const terminal = home.open(LONG);
    await begin(terminal, 'a lake');
    terminal.type(CTRL_Z);
    await terminal.until(hasMade(1));
    expect(terminal.isAlternateScreen).toBe(true);
  });
});

test('plain lines stop and go on', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(['--plain', ...LONG], { inShell: true });
  await terminal.shows('Type what to draw');
  terminal.type('a lake\r');
  await terminal.shows('Sent: a lake');
  terminal.type(CTRL_Z);
  await expectLeft(terminal);
  terminal.type(FG);
  await terminal.shows('Saved out');
  terminal.type(':q\r');
  await terminal.shows('ended 0');
});

test('one picture from the command line: bar and preview are gone from the shell’s screen, and come back', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(['a lake', ...LONG], { inShell: true });
  await terminal.until((text) => text.includes('▀') && isAtStep(2)(text));
  terminal.type(CTRL_Z);
  await expectLeft(terminal);
  expect(terminal.text()).not.toContain('step');
  terminal.resize(34, 20);
  terminal.type(`clear; ${FG}`);
  await terminal.until((text) => text.includes('▀') && isAtStep(3)(text));
  // Narrower than the 40 columns that the previews were asked for.
  const pictureRows = terminal.rows().filter((row) => row.includes('▀'));
  expect(new Set(pictureRows.map(({ length }) => length))).toEqual(new Set([32]));
  await terminal.shows('ended 0');
  expect(await home.saved()).toHaveLength(1);
});

describe('a window that is closed', () => {
  test.each([
    ['on the terminal UI', ENDLESS, 'a lake\r', isAtStep(2)],
    ['on plain lines', ['--plain', ...ENDLESS], 'a lake\r', (text: string) => text.includes('Step ')],
    ['on a picture from the command line', ['a lake', ...ENDLESS], '', isAtStep(2)],
  ])('%s ends it with 129, and it leaves no files behind', async (_, args, typed, hasBegun) => {
    const home = await makeTuiHome();
    const tmp = join(home.cwd, 'tmp');
    await mkdir(tmp);
    const terminal = home.open(args, { env: { TMPDIR: tmp } });
    if (typed !== '') await terminal.until((text) => /Describe a picture|Type what to draw/.test(text));
    terminal.type(typed);
    await terminal.until(hasBegun);
    terminal.hangUp();
    expect(await terminal.exited).toBe(129);
    // Others write there, too.
    expect((await readdir(tmp)).filter((file) => file.startsWith('safelight'))).toEqual([]);
    expect(await home.saved()).toEqual([]);
  });
});
