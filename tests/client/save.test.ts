import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { removeTemporaries } from '../../src/client/durable-file.js';
import { DEFAULT_NAME } from '../../src/client/picture-name.js';
import { checkFolder, checkSaving, savePicture } from '../../src/client/save.js';

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

/** File systems without hard links are hard to come by. */
const linking = vi.hoisted(() => ({ isPossible: true, onLink: () => {} }));
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>();
  const link: typeof real.link = (...args) => {
    linking.onLink();
    const refusal = Object.assign(new Error('no links here'), { code: 'EPERM', syscall: 'link' });
    return linking.isPossible ? real.link(...args) : Promise.reject(refusal);
  };
  return { ...real, link };
});

beforeEach(async () => {
  outputDir = join(await mkdtemp(join(tmpdir(), 'safelight-save-')), 'made', 'here');
});
afterEach(async () => {
  Object.assign(linking, { isPossible: true, onLink: () => {} });
  await rm(join(outputDir, '../..'), { recursive: true });
});

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

  test.each(['a/../b', '..', ''])(
    'a name like %j stays inside the folder, whoever passed it on unchecked',
    async (name) => {
      expect(dirname(await save('x', name))).toBe(outputDir);
    },
  );

  test('where there are no hard links, as on exFAT, no name is taken twice either', async () => {
    linking.isPossible = false;
    const paths = await Promise.all(Array.from({ length: 5 }, (_, i) => save(String(i), 'same')));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    expect(texts).toEqual(['0', '1', '2', '3', '4']);
    expect((await readdir(outputDir)).sort()).toEqual([
      'same-2.png',
      'same-3.png',
      'same-4.png',
      'same-5.png',
      'same.png',
    ]);
  });

  test('a process that ends in the middle leaves nothing half-written', async () => {
    linking.onLink = removeTemporaries;
    await expect(save('x')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(await readdir(outputDir)).toEqual([]);
  });
});

describe('a folder that cannot be written', () => {
  test('is told in words, and leaves nothing behind', async () => {
    const base = join(outputDir, '../..');
    await writeFile(join(base, 'made'), 'a file in the way');
    await expect(save('x')).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(outputDir) });
    expect(await readdir(base)).toEqual(['made']);
  });

  test.each([
    ['a file', 'made', 'it is a file, or a folder above it is one'],
    ['below a file', 'made/below', 'it is a file, or a folder above it is one'],
    ['a name that is too long', 'x'.repeat(256), 'too long'],
  ])('%s is told before the job, with what to do', async (_, name, words) => {
    const base = join(outputDir, '../..');
    await writeFile(join(base, 'made'), 'a file in the way');
    const message = expect.stringContaining(words);
    const refused = checkSaving({ outputDir: join(base, name), name: DEFAULT_NAME });
    await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED', message });
    await expect(refused).rejects.toThrow(`${join(base, name)}: `);
    await expect(refused).rejects.toThrow('choose another folder with --output-dir');
    expect(await readdir(base)).toEqual(['made']);
  });

  test.runIf(process.platform === 'linux')('a virtual file system is told before the job and after it', async () => {
    const options = { outputDir: '/proc/safelight/deep', name: DEFAULT_NAME };
    const words = 'cannot save pictures in /proc/safelight/deep: no folder can be made there';
    await expect(checkSaving(options)).rejects.toThrow(words);
    await expect(savePicture(new Uint8Array(1), image, options)).rejects.toThrow(words);
  });

  test('no folder at all is refused, not taken for the one we stand in', async () => {
    await expect(checkSaving({ outputDir: '', name: DEFAULT_NAME })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('a name is checked with it, except for a job that is kept already', async () => {
    const options = { outputDir: tmpdir(), name: 'trip/{seed}' };
    await expect(checkSaving(options)).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    await checkFolder(options);
  });

  test('one that is still to be made is fine, and is not made', async () => {
    await checkSaving({ outputDir: join(outputDir, 'deep', 'down'), name: DEFAULT_NAME });
    expect(await readdir(join(outputDir, '../..'))).toEqual([]);
  });
});
