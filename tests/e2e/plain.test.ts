/** Without colour and without a screen: the built command as people have it who cannot see one, or not both. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPtyTerminal, type PtyTerminal } from '../support/pty-terminal.js';
import { startServe } from '../support/run-safelight.js';

let cwd: string;
let terminal: PtyTerminal;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'safelight-plain-'));
});
afterEach(async () => {
  terminal.kill('SIGKILL');
  await terminal.exited;
  await rm(cwd, { recursive: true });
});

const SMALL = ['-o', 'out', '-s', '8', '-w', '256', '-h', '256'];
const SLOW = ['-o', 'out', '-s', '100', '-w', '256', '-h', '256'];
const WELCOME = 'Type what to draw';

function open(args: string[], env: Record<string, string> = {}): void {
  terminal = openPtyTerminal({ args, cwd, env });
}
const savedFiles = async () => (await readdir(join(cwd, 'out'))).sort();
const timesSaid = (words: string) => terminal.text().split(words).length - 1;

describe('plain lines', { timeout: 120_000 }, () => {
  test('a picture, again, other steps, a wrong word, the end', async () => {
    open(['--plain', ...SMALL]);
    await terminal.shows(WELCOME);
    terminal.type('a lake\r');
    await terminal.until(() => timesSaid('Saved') === 1);
    terminal.type(':r\r');
    await terminal.until(() => timesSaid('Saved') === 2);
    terminal.type(':set steps 4\r');
    await terminal.until((text) => /^steps: 4$/m.test(text));
    terminal.type(':nonsense\r');
    await terminal.shows('There is no :nonsense.');
    terminal.type('日本 👩‍🚀\r');
    await terminal.until(() => timesSaid('Saved') === 3);
    terminal.type(':q\r');
    expect(await terminal.exited).toBe(0);
    const files = await savedFiles();
    expect(files).toHaveLength(3);
    for (const name of files) expect(terminal.text()).toContain(`Saved ${join('out', name)}`);
    expect(terminal.bytes).not.toContain('\x1b');
  });

  test.each([
    ['SAFELIGHT_PLAIN', '1'],
    ['INK_SCREEN_READER', 'true'],
    ['TERM', 'dumb'],
  ])('are chosen by %s=%s; the end of the input waits for the picture', async (name, value) => {
    open(SMALL, { [name]: value });
    await terminal.shows(WELCOME);
    terminal.type('a lake\r');
    await terminal.shows('Sent: a lake');
    terminal.type('\x04');
    expect(await terminal.exited).toBe(0);
    await terminal.shows('Saved out');
    expect(await savedFiles()).toHaveLength(1);
    expect(terminal.bytes).not.toContain('\x1b');
  });

  test('Ctrl-C cancels, and quits', async () => {
    open(['--plain', ...SLOW]);
    await terminal.shows(WELCOME);
    terminal.type('a lake\r');
    await terminal.shows('Sent: a lake');
    terminal.type('\x03');
    await terminal.shows('Cancelled.');
    terminal.type('\x03');
    expect(await terminal.exited).toBe(130);
  });

  test('a server by URL goes on with what is left, and the next session saves it', async () => {
    const server = await startServe();
    try {
      const args = ['--plain', '-u', `${server.url}/#token=${server.token}`, ...SLOW];
      const env = { SAFELIGHT_JOURNAL_DIR: join(cwd, 'journal') };
      open(args, env);
      await terminal.shows(WELCOME);
      terminal.type('a lake\r');
      await terminal.until((text) => /^Step \d+\/100/m.test(text));
      terminal.type(':q\r');
      await terminal.shows('The server goes on with what runs.');
      expect(await terminal.exited).toBe(0);
      open(args, env);
      await terminal.shows('An earlier job goes on: a lake');
      await terminal.shows('Saved ');
      terminal.type(':q\r');
      expect(await terminal.exited).toBe(0);
      expect(await savedFiles()).toHaveLength(1);
    } finally {
      await server.stop();
    }
  });
});

describe('the screen under NO_COLOR', { timeout: 120_000 }, () => {
  const until = (mark: RegExp) => terminal.until((text) => mark.test(text));

  test('has no coloured cell, and shows by marks and the caret what is chosen', async () => {
    open(SMALL, { NO_COLOR: '1' });
    const looks = async (mark: RegExp) => {
      await until(mark);
      expect(terminal.coloredCells()).toBe(0);
    };
    await looks(/› {2,}create {2,}queue.*[\s\S]*Describe a picture/);
    // Which of the two prompts is written in: where the caret is.
    await terminal.until(() => terminal.rows()[terminal.cursor.row].includes('│'));
    terminal.type('\t');
    await terminal.until(() => terminal.rows()[terminal.cursor.row].includes('−'));
    terminal.type('\t');
    await looks(/› width/);
    terminal.type('\x1b[B');
    await looks(/› height/);
    terminal.type('\x1b');
    await looks(/q quit/);
    terminal.type('e');
    await until(/generate/);
    terminal.type('a lake\r');
    await until(/✔ .*png/);
    terminal.type('r');
    await until(/✔ .*png\s[\s\S]*✔ .*png/);
    terminal.type('2');
    await looks(/› 2 queue[\s\S]*› ✔ a lake[\s\S]*\n {3}✔ a lake/);
    terminal.type('\x1b[B');
    await looks(/\n {3}✔ a lake[\s\S]*› ✔ a lake/);
    terminal.type('3');
    await looks(/› 3 gallery[\s\S]*› .*png/);
    terminal.type('/');
    await looks(/filter ▏/);
    terminal.type('\x1b');
    await looks(/1 of 2/);
    terminal.type('4');
    await looks(/› 4 server/);
    terminal.type('?');
    await looks(/quit/);
  });

  test('has them without it', async () => {
    open(SMALL);
    await until(/Describe a picture/);
    expect(terminal.coloredCells()).toBeGreaterThan(0);
  });
});
