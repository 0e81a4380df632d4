import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPromptHistory, type PromptHistory, searchPrompts } from '../../src/client/prompt-history.js';

const root = resolve(import.meta.dirname, '../..');
let dir: string;
let history: PromptHistory;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'safelight-prompts-')), 'made');
  history = createPromptHistory(dir);
});
afterEach(() => rm(join(dir, '..'), { recursive: true }));

/** As the history itself writes them, only faster. */
const fill = async (file: number, prompts: string[]) => {
  const lines = prompts.map((prompt) => `\n${JSON.stringify({ prompt, at: new Date().toISOString() })}`);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, `prompts.${file}.jsonl`), lines.join(''));
};
const addAll = async (prompts: string[]) => {
  for (const prompt of prompts) await history.add(prompt);
};
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `prompt ${from + i}`);

test('newest last, also for the next client; no two equal neighbours', async () => {
  await addAll(['one', 'two', 'two', 'one', 'two\nlines, 湖']);
  expect(await createPromptHistory(dir).list()).toEqual(['one', 'two', 'one', 'two\nlines, 湖']);
});

test('the files are the user’s alone', async () => {
  await history.add('one');
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dir, 'prompts.1.jsonl'))).mode & 0o777).toBe(0o600);
});

test('the newest 1000 are kept, in two files at the most', async () => {
  await fill(1, numbered(1000));
  await fill(2, numbered(995, 1000));
  await addAll(numbered(10, 1995));
  expect(await history.list()).toEqual(numbered(1000, 1005));
  expect(await readdir(dir)).toEqual(['prompts.2.jsonl', 'prompts.3.jsonl']);
});

test('just after a new file has begun there are still 1000', async () => {
  await fill(1, numbered(999));
  await addAll(numbered(2, 999));
  expect(await readdir(dir)).toEqual(['prompts.1.jsonl', 'prompts.2.jsonl']);
  expect(await history.list()).toEqual(numbered(1000, 1));
  await history.add('prompt 1000');
  expect(await history.list()).toHaveLength(1000);
});

test('other files are nobody’s business, and damaged ones no hindrance', async () => {
  await history.add('one');
  await writeFile(join(dir, 'prompts.txt'), 'mine');
  await writeFile(join(dir, 'prompts.2.jsonl'), 'no JSON\n{"prompt":7}');
  await history.add('two');
  expect(await history.list()).toEqual(['one', 'two']);
});

test('clients that add at the same time lose nothing, also where a new file begins', async () => {
  await fill(1, numbered(900));
  const names = ['a', 'b', 'c'];
  const script = join(root, 'tests/support/append-lines.mjs');
  const module = join(root, 'dist/client/prompt-history.js');
  const codes = names.map(async (name) => {
    const child = spawn(process.execPath, [script, module, dir, name, '100'], { stdio: 'inherit' });
    return (await once(child, 'exit'))[0];
  });
  expect(await Promise.all(codes)).toEqual([0, 0, 0]);
  const all = await history.list();
  for (const name of names) {
    const own = Array.from({ length: 100 }, (_, n) => `${name} ${n}`);
    expect(all.filter((prompt) => prompt.startsWith(`${name} `))).toEqual(own);
  }
  expect(await readdir(dir)).toEqual(['prompts.1.jsonl', 'prompts.2.jsonl']);
});

describe('searchPrompts', () => {
  const prompts = ['a Lake at night', 'a city', 'a lake', 'a city at night', 'a lake'];
  test.each([
    ['', ['a lake', 'a city at night', 'a city', 'a Lake at night']],
    ['lake', ['a lake', 'a Lake at night']],
    ['NIGHT city', ['a city at night']],
    ['  night  ', ['a city at night', 'a Lake at night']],
    ['sea', []],
  ])('%j', (text, want) => {
    expect(searchPrompts(prompts, text)).toEqual(want);
  });
});
