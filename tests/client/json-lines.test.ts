import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { appendLine, readLines } from '../../src/client/json-lines.js';

const schema = z.object({ n: z.int() });
let base: string;
let path: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-lines-'));
  path = join(base, 'made', 'here', 'lines.jsonl');
});
afterEach(() => rm(base, { recursive: true }));

test('what was appended is read, in order; file and folder are the user’s alone', async () => {
  expect(await readLines(path, schema)).toEqual([]);
  await appendLine(path, { n: 1, text: 'two\nlines\u2028' });
  await appendLine(path, { n: 2 });
  expect(await readLines(path, schema)).toEqual([{ n: 1 }, { n: 2 }]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
});

test('a line that was cut short anywhere spoils no other', async () => {
  await appendLine(path, { n: 1 });
  await appendLine(path, { n: 2, text: 'a longer line' });
  const whole = await readFile(path);
  const firstEnds = whole.lastIndexOf('\n');
  for (let length = firstEnds; length < whole.length; length++) {
    await writeFile(path, whole.subarray(0, length));
    await appendLine(path, { n: 3 });
    expect(await readLines(path, schema)).toEqual([{ n: 1 }, { n: 3 }]);
  }
});

test('lines of another kind are passed over', async () => {
  await appendLine(path, { n: 'one' });
  await appendLine(path, [2]);
  await appendLine(path, { n: 3 });
  expect(await readLines(path, schema)).toEqual([{ n: 3 }]);
});

test('a file that cannot be read says so', async () => {
  await expect(readLines(base, schema)).rejects.toThrow('EISDIR');
});
