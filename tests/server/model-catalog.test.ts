import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelCatalog } from '../../src/server/model-catalog.js';
import { GOLDENS } from '../support/goldens.js';
import { makeDataDir } from '../support/server-rig.js';

const tinySd = join(GOLDENS, 'tiny-sd');
const tinyLcm = join(GOLDENS, 'tiny-lcm');
const codeOf = (act: () => unknown) => expect(act).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));

test('the first is the default, the others are found by their id', async () => {
  const catalog = await readModelCatalog([tinySd, tinyLcm], () => {});
  expect(catalog.list().map(({ id }) => id)).toEqual(['tiny-sd', 'tiny-lcm']);
  expect(catalog.find(undefined).dir).toBe(tinySd);
  expect(catalog.find('tiny-lcm').dir).toBe(tinyLcm);
  codeOf(() => catalog.find('flux'));
  expect(() => catalog.find('flux')).toThrow('there is no model flux here, but tiny-sd, tiny-lcm');
});

test('a pulled model is found by its name on the hub', async () => {
  const dir = join(await makeDataDir(), 'org--name');
  await cp(tinySd, dir, { recursive: true });
  expect((await readModelCatalog([dir], () => {})).find('org/name').dir).toBe(dir);
});

test('a broken default is refused; a broken further one, and a second of the same name, are told and left out', async () => {
  const data = await makeDataDir();
  const [broken, twin] = [join(data, 'broken'), join(data, 'tiny-sd')];
  for (const dir of [broken, twin]) await cp(tinySd, dir, { recursive: true });
  await rm(join(broken, 'unet/model.onnx'));
  await expect(readModelCatalog([broken, tinySd], () => {})).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  const lines: string[] = [];
  const catalog = await readModelCatalog([tinySd, broken, twin], (line) => lines.push(line));
  expect(catalog.list().map(({ id }) => id)).toEqual(['tiny-sd']);
  expect(lines).toEqual([expect.stringContaining('unet/model.onnx'), expect.stringContaining('name is taken')]);
});
