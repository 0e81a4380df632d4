/** The files of cases/: each is read as the program that wrote it meant it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readPictureTexts } from '../../src/metadata/files/picture-texts.js';
import { type Recipe, toRecipe } from '../../src/metadata/recipe.js';

const dir = join(import.meta.dirname, 'cases');

async function read(name: string): Promise<Recipe> {
  const bytes = readFileSync(join(dir, name));
  return toRecipe(readPictureTexts(bytes, (await sharp(bytes).metadata()).exif));
}

const BASE = {
  ...{ prompt: 'a red house by a lake', negativePrompt: 'fog', seed: 7, steps: 8, guidanceScale: 5 },
  ...{ width: 256, height: 256, scheduler: 'euler_a' },
};
/** Neither of these files has a negative prompt. */
const ALONE = { ...BASE, negativePrompt: '' };

const CASES: Record<string, Record<string, unknown>> = {
  'a01-plain.png': BASE,
  'a02-automatic-2m.png': { ...ALONE, scheduler: 'dpmpp_2m_karras' }, // Automatic is the sampler's own type
  'a03-karras-2m.png': { ...ALONE, scheduler: 'dpmpp_2m_karras' },
  'a06-denoise-no-hires.png': ALONE, // the API of AUTOMATIC1111 writes it for a picture from text
  'a08-hashes.png': ALONE,
  'a09-seed64.png': ALONE, // 4294967303
  'a16-prompt-negword.png': { ...BASE, prompt: 'a red house', negativePrompt: 'is a phrase I like\nfog' },
  'c02-seed50.png': { ...BASE, seed: 3_679_929_053 },
  'c04-nan.png': BASE,
  'c05-seed-link.png': BASE,
  'c08-clipsdxl.png': BASE,
  'c10-textconcat.png': { ...BASE, prompt: 'a red house, by a lake' },
  'c12-node-without-class.png': BASE,
  'c14-subdir-ckpt.png': BASE,
  'c17-empty-latent-denoise05.png': BASE,
  'e01-ztxt.png': BASE,
  'e03-text-utf8.png': { ...BASE, prompt: 'ein Häuschen am See, a red house 湖' },
  'e03b-itxt-utf8.png': { ...BASE, prompt: 'ein Häuschen am See, a red house 湖' },
  's01-swarm.png': BASE,
  's02-invoke.png': BASE,
  's04-fooocus-json.png': { ...BASE, scheduler: undefined }, // Euler a with Karras: there is none here
  'x01-be.jpg': BASE,
  'x02-le.jpg': BASE,
  'x03-be-cyr.jpg': { ...BASE, prompt: 'красный дом, a red house by a lake' },
  'x06-be-quote.jpg': { ...BASE, prompt: '“a red house” by a lake' },
  'x08-bom-le.jpg': BASE,
  'x12-noprefix.jpg': BASE,
  'x17-pillow-exif.jpg': BASE,
};

test('every file has its row', () => {
  expect(readdirSync(dir).filter((name) => name !== 'README.md')).toEqual(Object.keys(CASES).sort());
});

test.each(Object.entries(CASES))('%s', async (name, params) => {
  const recipe = await read(name);
  expect(recipe.params).toEqual(JSON.parse(JSON.stringify(params)));
  expect(recipe.model).toBe(name.startsWith('c14') ? 'tiny.v1' : 'tiny');
  expect(recipe.initImage).toBeUndefined();
});

test.each([
  ['a06-denoise-no-hires.png', 'Denoising strength 0.7'],
  ['a08-hashes.png', 'Hashes: {"vae": "735e4c3a44", "model": "879db523c3"}'],
  ['c17-empty-latent-denoise05.png', 'denoise 0.5 on an empty latent'],
  ['s04-fooocus-json.png', 'the sampler euler_ancestral karras'],
])('%s: what is not taken over is named', async (name, words) => {
  expect((await read(name)).unknown).toEqual(expect.arrayContaining([expect.stringContaining(words)]));
});

test.each([
  ['s01-swarm.png', 'SwarmUI'],
  ['s02-invoke.png', 'InvokeAI'],
  ['s04-fooocus-json.png', 'Fooocus'],
  ['c02-seed50.png', 'ComfyUI'],
  ['x01-be.jpg', 'AUTOMATIC1111'],
])('%s was written by %s', async (name, writer) => {
  expect((await read(name)).writer).toBe(writer);
});
