import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPath } from '../../src/client/typed-path.js';

const NAMES = [
  'plain.png',
  'a lake.png',
  'it’s 湖.png',
  "it's.png",
  '50%.png',
  'a#1?.png',
  'a%20b.png',
  'two\\.png',
  '$x`.png',
];
let dir: string;
beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'safelight-typed-')));
  for (const name of NAMES) await writeFile(join(dir, name), '');
});
afterAll(() => rm(dir, { recursive: true }));

/** As g_shell_quote and Konsole do it; as Python's shlex.quote; with double quotes; as zsh and macOS do it; as WezTerm does. */
const QUOTINGS: Record<string, (path: string) => string> = {
  'single quotes': (path) => `'${path.replaceAll("'", "'\\''")}'`,
  'single quotes around double ones': (path) => `'${path.replaceAll("'", `'"'"'`)}'`,
  'double quotes': (path) => `"${path.replace(/[$`"\\]/g, '\\$&')}"`,
  backslashes: (path) => path.replace(/[^\p{L}\p{N}/._-]/gu, '\\$&'),
  nothing: (path) => path,
};

describe('a file that was dragged', () => {
  const cases = Object.entries(QUOTINGS).flatMap(([how, quote]) => NAMES.map((name) => [how, name, quote] as const));

  test.each(cases)('with %s: %s', async (_, name, quote) => {
    const path = join(dir, name);
    for (const [before, after] of [
      ['', ''],
      ['', ' '],
      [' ', '\n'],
    ])
      expect(await toPath(`${before}${quote(path)}${after}`)).toBe(path);
  });

  test.each(NAMES)('as a URL: %s', async (name) => {
    const path = join(dir, name);
    const { href } = pathToFileURL(path);
    for (const url of [
      href,
      `"${href}"`,
      `${href} `,
      href.replace('///', '//localhost/'),
      href.replace('///', '//this-machine/'),
      href.replace('file:', 'FILE:'),
    ])
      expect(await toPath(url)).toBe(path);
  });

  test.each(['a lake.png', 'a#1?.png', "it's.png", '50%.png'])('as a URL that nobody encoded: %s', async (name) => {
    expect(await toPath(`file://${join(dir, name)}`)).toBe(join(dir, name));
  });
});

describe('the home folder', () => {
  test.each([
    ['~', homedir()],
    ['~/', `${homedir()}/`],
    ['~/x', join(homedir(), 'x')],
    ['~/no such/x.png', join(homedir(), 'no such/x.png')],
    ['~/no\\ such/x.png', join(homedir(), 'no such/x.png')],
    ['"~/no such"', join(homedir(), 'no such')],
    ['~nobody/x', '~nobody/x'],
    ['a~/x', 'a~/x'],
  ])('%s', async (typed, path) => {
    expect(await toPath(typed)).toBe(path);
  });
});

describe('a path that exists as it stands wins', () => {
  test.each(["'quoted'.png", '"quoted".png', "'both'", 'a\\ b.png', ' spaced ', '~tilde'])('%j', async (name) => {
    const path = join(dir, name);
    await writeFile(path, '');
    expect(await toPath(path)).toBe(path);
  });

  test('a folder that is called ~, or file:, too', async () => {
    const before = process.cwd();
    const here = join(dir, 'here');
    await mkdir(join(here, '~'), { recursive: true });
    await mkdir(join(here, 'file:'));
    process.chdir(here);
    try {
      for (const name of ['~', 'file:']) expect(await toPath(name)).toBe(name);
    } finally {
      process.chdir(before);
    }
  });
});

test.each([
  ['generated_images', 'generated_images'],
  ['Bob’s', 'Bob’s'],
  ["Bob's", "Bob's"],
  ["Bob's and Ann's", "Bob's and Ann's"],
  ["'new folder'", 'new folder'],
  ['new\\ folder/', 'new folder/'],
  ['a\\new', 'a\\new'],
  ['file:///tmp/no%20such', '/tmp/no such'],
  ['file:///tmp/%E9', 'file:///tmp/%E9'],
  ['file:///tmp/%00', 'file:///tmp/%00'],
  ['file://%', 'file://%'],
  ['\0', ''],
  ['', ''],
])('what does not exist, %j, is most likely %j', async (typed, path) => {
  expect(await toPath(typed)).toBe(path === '' ? typed : path);
});
