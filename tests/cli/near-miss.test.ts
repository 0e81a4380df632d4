/** A misspelt command: found among prompts, and asked about where somebody can answer. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countEdits, nearestCommand } from '../../src/cli/near-miss.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { runSafelight } from '../support/run-safelight.js';

const COMMANDS = ['help', 'serve', 'models', 'verify', 'resume', 'doctor'];

test.each([
  ['modles', 'models', 1],
  ['model', 'models', 1],
  ['mdoles', 'models', 2],
  ['', 'help', 4],
  ['serve', 'serve', 0],
  ['ca', 'abc', 3],
])('%j is %s with %i edits', (a, b, edits) => {
  expect(countEdits(a, b)).toBe(edits);
  expect(countEdits(b, a)).toBe(edits);
});

describe('a prompt', () => {
  test.each([
    ['modles', 'models'],
    ['model', 'models'],
    ['Models', 'models'],
    ['mdoles', 'models'],
    ['Serve', 'serve'],
    ['server', 'serve'],
    ['srve', 'serve'],
    ['verfy', 'verify'],
    ['resmue', 'resume'],
    ['docter', 'doctor'],
    ['HELP', 'help'],
    ['hlep', 'help'],
  ])('%s is near to %s', (word, command) => {
    expect(nearestCommand(word, COMMANDS)).toBe(command);
  });

  test.each([
    ...COMMANDS,
    ...['lake', 'forest', 'curve', 'hero', 'nerve', 'kelp', 'heap', 'modern', 'vector', 'hotels', 'novels', 'doors'],
    ...['donor', 'rescue', 'summer', 'flower', 'river', '湖', '', '-s', '--init', 'a model', 'models of ships'],
  ])('%j is none', (word) => {
    expect(nearestCommand(word, COMMANDS)).toBeUndefined();
  });
});

describe('the command line', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'safelight-near-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test.each([
    [['modles'], 'safelight models', '--prompt modles'],
    [['Serve', '--port', '0'], 'safelight serve', '--prompt Serve'],
    [['model', 'ls'], 'there is no command model; did you mean: safelight models ls', ''],
  ])('2: %j, where nobody can be asked', async (args, command, way) => {
    const { code, stdout, stderr } = await runSafelight(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(command);
    expect(stderr).toContain(way);
  });

  const ask = async (answer: string) => {
    const options = ['--no-preview', '-w', '256', '-h', '256', '-s', '1', '-o', 'out'];
    const terminal = openPtyTerminal({ args: answer === 'n\r' ? ['modles', ...options] : ['modles'], cwd: dir });
    await terminal.shows('Did you mean the command “safelight models”?');
    terminal.type(answer);
    return { terminal, code: await terminal.exited };
  };

  test('in a terminal: yes is the command', async () => {
    const { terminal, code } = await ask('\r');
    expect(code).toBe(2);
    await terminal.shows('Usage: safelight models');
  });

  test('no is the picture', async () => {
    expect((await ask('n\r')).code).toBe(0);
    expect(await readdir(join(dir, 'out'))).toHaveLength(1);
  });

  test('Ctrl-D makes nothing, nor does Ctrl-C', async () => {
    const { terminal, code } = await ask('\x04');
    expect(code).toBe(2);
    await terminal.shows('nothing was made');
    expect((await ask('\x03')).code).toBe(130);
    expect(await readdir(dir)).toEqual([]);
  });

  test.each([['--init', 'cat.png'], ['--mask', 'cat.png'], ['--json'], ['--quiet'], ['--no-save'], ['--timeout', '9']])(
    '2: %s without a prompt says what is missing, in a terminal or not',
    async (...args) => {
      const words = `${args[0]}: the prompt is missing: safelight "PROMPT" ${args[0]}`;
      expect(await runSafelight(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
      const terminal = openPtyTerminal({ args, cwd: dir, columns: 200 });
      expect(await terminal.exited).toBe(2);
      await terminal.shows(words);
    },
  );

  test('2: options of a picture and no terminal', async () => {
    const words = 'the prompt is missing: safelight "PROMPT" [options]';
    expect(await runSafelight(['-s', '5'])).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  });

  test.each([[['help']], [['help', 'models']]])('%j is help', async (args) => {
    expect(await runSafelight(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: safelight') });
  });
});
