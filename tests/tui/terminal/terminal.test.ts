/** From the first question to the last reply, on a terminal in memory that answers what it knows. */
import { expect, test } from 'vitest';
import { createTerminalModes } from '../../../src/tui/terminal/restore.js';
import { openTerminal } from '../../../src/tui/terminal/terminal.js';
import { createVirtualTty } from '../../support/virtual-tty.js';

const XTERM = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };

function open(env: NodeJS.ProcessEnv = XTERM) {
  const tty = createVirtualTty();
  return { tty, opening: openTerminal({ stdin: tty.stdin, stdout: tty.stdout, env, preview: 'auto', theme: 'auto' }) };
}

const typed = (stdin: NodeJS.ReadStream) => String(stdin.read() ?? '');

test('it is asked, and what it answers is kept out of the keys', async () => {
  const { tty, opening } = open();
  tty.type('early ');
  const terminal = await opening;
  expect(terminal.report).toMatchObject({ isComplete: true, synchronized: true, kitty: false });
  expect(terminal.graphics).toMatchObject({ protocol: 'halfblock', inTmux: false });
  tty.type('keys');
  await new Promise(setImmediate);
  expect(typed(terminal.stdin)).toBe('early keys');
  expect(tty.isRaw).toBe(true);
  await terminal.close();
  expect(tty.isRaw).toBe(false);
});

test('the questions leave nothing on the screen', async () => {
  const { tty, opening } = open();
  await (await opening).close();
  await tty.drawn();
  expect(tty.rows().join('').trim()).toBe('');
  expect(tty.cursor).toMatchObject({ row: 0, column: 0 });
});

test('a reply that comes while it is closed is not left for the shell', async () => {
  const { tty, opening } = open();
  const terminal = await opening;
  tty.stdout.emit('resize');
  const { stdin } = terminal;
  await terminal.close();
  expect([typed(stdin), typed(tty.stdin), tty.isRaw]).toEqual(['', '', false]);
});

test('a new window size is asked for as long as it is open', async () => {
  const tty = createVirtualTty();
  // This one tells its cells.
  const write = tty.stdout.write.bind(tty.stdout);
  tty.stdout.write = ((chunk: string, ...rest: []) => {
    if (chunk.includes('\x1b[16t')) tty.type('\x1b[6;17;8t');
    return write(chunk, ...rest);
  }) as typeof tty.stdout.write;
  const terminal = await openTerminal({
    stdin: tty.stdin,
    stdout: tty.stdout,
    env: XTERM,
    preview: 'auto',
    theme: 'auto',
  });
  expect(terminal.cells.current()).toEqual({ width: 8, height: 17 });
  const before = tty.bytes.length;
  tty.resize(100, 30);
  expect(tty.bytes.slice(before)).toContain('\x1b[16t');
  await terminal.close();
  const closed = tty.bytes.length;
  tty.resize(90, 30);
  expect(tty.bytes.slice(closed)).toBe('');
});

test('where there is neither picture nor colour nothing is asked', async () => {
  const tty = createVirtualTty();
  const env = { ...XTERM, NO_COLOR: '1' };
  const terminal = await openTerminal({ ...tty, env, preview: 'off', theme: 'auto' });
  expect([tty.bytes, terminal.graphics, terminal.noPictures]).toEqual(['', undefined, undefined]);
  await terminal.close();
});

test('a picture that NO_COLOR leaves out has words in its place', async () => {
  const { opening } = open({ ...XTERM, NO_COLOR: '1' });
  const terminal = await opening;
  expect([terminal.graphics, terminal.noPictures]).toEqual([undefined, expect.stringContaining('--preview halfblock')]);
  await terminal.close();
});

test('another program may have the terminal in between', async () => {
  const { tty, opening } = open();
  const terminal = await opening;
  await terminal.lend(async () => expect(tty.isRaw).toBe(false));
  expect(tty.isRaw).toBe(true);
  await terminal.close();
});

test('modes are on exactly while the terminal is ours', () => {
  const written: string[] = [];
  const modes = createTerminalModes((text) => written.push(text));
  modes.setOurs(true);
  modes.use('focus');
  modes.setOurs(false);
  modes.setOurs(false);
  modes.setOurs(true);
  modes.setOurs(false);
  const [on, off] = ['\x1b[?1004h', '\x1b[?1004l'];
  expect(written).toEqual([on, off, on, off]);
});
