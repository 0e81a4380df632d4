/** The store on real folders, the registry's promises, and the small sums of a pull's progress. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MANIFEST, writeManifest } from '../../src/models/manifest.js';
import { toFolderName, toModelId } from '../../src/models/model-id.js';
import { KNOWN_MODELS, knownModel } from '../../src/models/registry.js';
import { toSizeText } from '../../src/models/size-text.js';
import { createModelStore, type ModelStore } from '../../src/models/store.js';
import { createTransferMeter } from '../../src/models/transfer-meter.js';
import { makeDataDir } from '../support/server-rig.js';

async function putModel(store: ModelStore, id: string): Promise<string> {
  const dir = store.pathOf(id);
  await mkdir(join(dir, 'unet'), { recursive: true });
  await writeFile(join(dir, 'unet', 'model.onnx'), 'graph');
  const files = [{ path: 'unet/model.onnx', size: 5, sha256: 'x' }];
  await writeManifest(dir, { id, revision: 'main', commit: 'abc', licence: 'mit', files });
  return dir;
}

describe('the store', () => {
  test('is empty where there is no folder yet', async () => {
    expect(await createModelStore(join(await makeDataDir(), 'nowhere')).list()).toEqual([]);
  });

  test('lists models by id, and no other folders', async () => {
    const store = createModelStore(await makeDataDir());
    await putModel(store, 'b/two');
    const dir = await putModel(store, 'a/one');
    await mkdir(join(store.dir, 'lost+found'));
    const [one, two, ...more] = await store.list();
    expect(one).toMatchObject({ id: 'a/one', dir, complete: true, commit: 'abc', licence: 'mit' });
    expect(one.bytes).toBeGreaterThan(5);
    expect(two.id).toBe('b/two');
    expect(more).toEqual([]);
  });

  test.each([
    ['no manifest', MANIFEST, undefined],
    ['a manifest that is none', MANIFEST, '{'],
    ['a file cut short', 'unet/model.onnx', 'gra'],
  ])('%s: not complete', async (_, file, text) => {
    const store = createModelStore(await makeDataDir());
    const dir = await putModel(store, 'a/one');
    expect(await store.find('a/one')).toBe(dir);
    await writeFile(join(dir, file), text ?? '');
    expect(await store.get('a/one')).toMatchObject({ complete: false });
    await expect(store.find('a/one')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test('removes one model and says what it was', async () => {
    const store = createModelStore(await makeDataDir());
    const dir = await putModel(store, 'a/one');
    await putModel(store, 'b/two');
    expect(await store.remove('a/one')).toMatchObject({ id: 'a/one', complete: true });
    expect(existsSync(dir)).toBe(false);
    expect((await store.list()).map(({ id }) => id)).toEqual(['b/two']);
    await expect(store.remove('a/one')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(store.remove('../b--two')).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  });

  test('finds a folder by its path before a model by its id', async () => {
    const store = createModelStore(await makeDataDir());
    expect(await store.find(store.dir)).toBe(store.dir);
    await expect(store.find('a/one')).rejects.toMatchObject({ message: expect.stringContaining('models pull a/one') });
    await expect(store.find('./nowhere')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test.each(['a/one', 'A.b/c-d_e', 'x/stable-diffusion-1.5'])('%s ↔ its folder', (id) => {
    expect(toModelId(toFolderName(id))).toBe(id);
  });
});

describe('the registry', () => {
  test('every model is named as the hub does, once, with licence and size', () => {
    expect(new Set(KNOWN_MODELS.map(({ id }) => toFolderName(id))).size).toBe(KNOWN_MODELS.length);
    expect(KNOWN_MODELS.filter(({ licence, approximateBytes }) => licence === '' || approximateBytes < 1e9)).toEqual(
      [],
    );
  });

  test('what forbids commercial use says so, and comes last', () => {
    expect(knownModel('tlwu/sd-turbo-onnxruntime')?.nonCommercial).toBe(true);
    const flags = KNOWN_MODELS.map(({ nonCommercial }) => nonCommercial);
    expect(flags).toEqual([...flags].sort());
    for (const { licence, nonCommercial } of KNOWN_MODELS) expect(nonCommercial).toBe(/^sai-nc/.test(licence));
  });
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [999_700, '1.0 MB'],
  [340_000_000, '340 MB'],
  [3_440_000_000, '3.4 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(toSizeText(bytes)).toBe(text);
});

test('the meter: no rate at first, then of the last seconds only; a file that begins again is no debt', () => {
  let now = 0;
  const meter = createTransferMeter(() => now);
  expect(meter(5_000, 100_000)).toMatchObject({ bytesPerSecond: undefined, etaMs: undefined });
  now = 1000;
  expect(meter(15_000, 100_000)).toMatchObject({ bytesPerSecond: 10_000, etaMs: 8500 });
  now = 15_500;
  expect(meter(16_000, 100_000).bytesPerSecond).toBeCloseTo(1000 / 14.5, 6);
  now = 16_000;
  expect(meter(0, 100_000).bytesPerSecond).toBeUndefined();
  now = 17_000;
  expect(meter(2000, 100_000)).toMatchObject({ bytesPerSecond: 2000, etaMs: 49_000 });
});
