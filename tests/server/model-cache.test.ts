import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createModelCache, folderBytes } from '../../src/server/model-cache.js';
import { makeDataDir } from '../support/server-rig.js';

/** Models are their names; each loading waits until the test lets it go on. */
function createRig(maxBytes: number, sizes: Record<string, number> = {}) {
  const log: string[] = [];
  const gates = new Map<string, { progress(fraction: number): void; finish(): void; fail(error: Error): void }>();
  let isGated = false;
  const cache = createModelCache<string>({
    maxBytes,
    sizeOf: async (dir) => sizes[dir] ?? 1,
    async load(dir, onProgress) {
      log.push(`load ${dir}`);
      if (!isGated) return dir;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      gates.set(dir, { progress: onProgress, finish: () => resolve(dir), fail: reject });
      return promise;
    },
    release: async (model) => void log.push(`release ${model}`),
  });
  const open = (dir: string) => cache.open(dir, () => {});
  return { cache, open, log, gates, gate: () => (isGated = true) };
}

describe('the model cache', () => {
  test('opens once what is asked for often', async () => {
    const { open, log } = createRig(10);
    for (const dir of ['a', 'b', 'a', 'b']) expect(await open(dir)).toBe(dir);
    expect(log).toEqual(['load a', 'load b']);
  });

  test('closes the longest unused when memory is needed, before it opens the next', async () => {
    const { open, log } = createRig(2);
    for (const dir of ['a', 'b', 'a', 'c', 'b']) await open(dir);
    expect(log).toEqual(['load a', 'load b', 'release b', 'load c', 'release a', 'load b']);
  });

  test('opens what is larger than all the memory alone', async () => {
    const { open, log } = createRig(2, { giant: 50 });
    for (const dir of ['a', 'b', 'giant', 'a']) await open(dir);
    expect(log).toEqual(['load a', 'load b', 'release a', 'release b', 'load giant', 'release giant', 'load a']);
  });

  test('tells all who wait how far it is, from where they joined', async () => {
    const { cache, gates, gate, log } = createRig(2);
    gate();
    const [first, second]: number[][] = [[], []];
    const one = cache.open('a', (fraction) => first.push(fraction));
    await expect.poll(() => gates.has('a')).toBe(true);
    gates.get('a')?.progress(0.5);
    const two = cache.open('a', (fraction) => second.push(fraction));
    gates.get('a')?.progress(1);
    gates.get('a')?.finish();
    expect(await Promise.all([one, two])).toEqual(['a', 'a']);
    expect([first, second]).toEqual([
      [0, 0.5, 1],
      [0.5, 1],
    ]);
    expect(log).toEqual(['load a']);
  });

  test('tries again what could not be opened', async () => {
    const { cache, gates, gate, log } = createRig(2);
    gate();
    const failed = cache.open('a', () => {});
    await expect.poll(() => gates.has('a')).toBe(true);
    gates.get('a')?.fail(new Error('damaged'));
    await expect(failed).rejects.toThrow('damaged');
    gates.clear();
    const again = cache.open('a', () => {});
    await expect.poll(() => gates.has('a')).toBe(true);
    gates.get('a')?.finish();
    expect(await again).toBe('a');
    expect(log).toEqual(['load a', 'load a']);
  });
});

test('a folder counts with all that lies in it', async () => {
  const dir = await makeDataDir();
  await mkdir(join(dir, 'unet'));
  await writeFile(join(dir, 'unet', 'model.onnx'), 'x'.repeat(100));
  await writeFile(join(dir, 'model_index.json'), 'x'.repeat(7));
  expect(await folderBytes(dir)).toBe(107);
});
