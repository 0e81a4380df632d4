import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { editInEditor } from '../../src/tui/external-editor.js';

let base: string;
let scratch: string;
const { PATH } = process.env;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-editor-'));
  scratch = join(base, 'tmp');
  await mkdir(scratch);
  vi.stubEnv('TMPDIR', scratch); // of this process: where the file is made
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(await readdir(scratch)).toEqual([]); // whatever happened, nothing stays
  await rm(base, { recursive: true });
});

/** An editor of the test's making: its path, and what it does with the file `$1`. */
async function editor(script: string, name = 'edit'): Promise<string> {
  const path = join(base, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('gives the text, and takes what was saved without the last line break', async () => {
  const EDITOR = await editor('cat "$1" > "$SEEN"; printf "a lake\\nat night 湖\\n" > "$1"');
  const SEEN = join(base, 'seen');
  expect(await editInEditor('one\ntwo', { PATH, EDITOR, SEEN })).toBe('a lake\nat night 湖');
  expect(await readFile(SEEN, 'utf8')).toBe('one\ntwo\n');
});

test('a text that is not changed comes back as it was, also an empty one', async () => {
  const EDITOR = await editor(':');
  for (const text of ['', 'one', 'one\n', ' one\n\ntwo ']) {
    expect(await editInEditor(text, { PATH, EDITOR })).toBe(text);
  }
});

test('VISUAL goes before EDITOR; empty ones are not set', async () => {
  const [VISUAL, EDITOR] = [await editor('echo visual > "$1"', 'v'), await editor('echo editor > "$1"', 'e')];
  expect(await editInEditor('', { PATH, VISUAL, EDITOR })).toBe('visual');
  expect(await editInEditor('', { PATH, VISUAL: ' ', EDITOR })).toBe('editor');
});

test('arguments, quotes and spaces are taken as a shell takes them', async () => {
  const EDITOR = `"${await editor('printf "%s,%s,%s" "$#" "$1" "$2" > "$3"', 'my editor')}" -w 'two words'`;
  expect(await editInEditor('', { PATH, EDITOR })).toBe('3,-w,two words');
});

test('file and folder are the user’s alone', async () => {
  const EDITOR = await editor('stat -c %a "$1" "$(dirname "$1")" > "$1.modes"; cat "$1.modes" > "$1"');
  expect(await editInEditor('', { PATH, EDITOR })).toBe('600\n700');
});

test.each([
  ['no editor is set', {}, /EDITOR=nano/],
  ['it is not there', { EDITOR: 'no-such-editor -w' }, /the editor no-such-editor -w is not there/],
  ['it fails', { EDITOR: 'sh -c "exit 3"' }, /ended with 3: the prompt stays/],
  ['it is killed', { EDITOR: `sh -c 'kill -9 $$'` }, /ended with (137|SIGKILL): the prompt stays/],
])('%s: in words', async (_, env, words) => {
  await expect(editInEditor('x', { PATH, ...env })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(words),
  });
});
