import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { checkOutputDir, DEFAULT_NAME, savePicture } from '../../src/client/save.js';

const image: ImageEvent = {
  type: 'image',
  jobId: '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d',
  seq: 9,
  n: 0,
  seed: 42,
  sha256: '',
  bytes: 3,
  width: 1,
  height: 1,
  format: 'png',
  href: '/x',
};
const noon = new Date(2026, 0, 2, 12, 3, 4);
let outputDir: string;

beforeEach(async () => {
  outputDir = join(await mkdtemp(join(tmpdir(), 'safelight-save-')), 'made', 'here');
});
afterEach(() => rm(join(outputDir, '../..'), { recursive: true }));

const save = (text: string, name = DEFAULT_NAME) =>
  savePicture(new TextEncoder().encode(text), image, { outputDir, name }, noon);

describe('savePicture', () => {
  test('makes the folder and names the file as the seed’s script did', async () => {
    expect(await save('one')).toBe(join(outputDir, 'output_20260102-120304_42.png'));
  });

  test('never writes over a file: the next one gets a number', async () => {
    const paths = [await save('one'), await save('two'), await save('three')];
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['one', 'two', 'three']);
    expect(paths[2]).toMatch(/_42-3\.png$/);
  });

  test('many at once are all kept', async () => {
    const paths = await Promise.all(Array.from({ length: 20 }, (_, i) => save(String(i), 'same')));
    expect(new Set(paths).size).toBe(20);
    expect((await readdir(outputDir)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test.each([
    ['{seed}-{n}', '42-0.png'],
    ['a/../b', 'a_.._b.png'],
    ['..', '_.png'],
    ['{unknown}', '{unknown}.png'],
    ['日本 {seed}', '日本 42.png'],
  ])('the template %j gives %j, inside the folder', async (name, want) => {
    expect(await save('x', name)).toBe(join(outputDir, want));
  });
});

describe('a folder that cannot be written', () => {
  test('is told in words, and leaves nothing behind', async () => {
    const base = join(outputDir, '../..');
    await writeFile(join(base, 'made'), 'a file in the way');
    await expect(save('x')).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(outputDir) });
    expect(await readdir(base)).toEqual(['made']);
  });

  test('is told before the job, too', async () => {
    const file = join(outputDir, '../../made');
    await writeFile(file, 'a file in the way');
    for (const folder of [file, join(file, 'below')]) {
      await expect(checkOutputDir(folder)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: `cannot save pictures in ${folder}: it is a file, or below one`,
      });
    }
  });

  test('one that is still to be made is fine, and is not made', async () => {
    await checkOutputDir(join(outputDir, 'deep', 'down'));
    expect(await readdir(join(outputDir, '../..'))).toEqual([]);
  });
});
