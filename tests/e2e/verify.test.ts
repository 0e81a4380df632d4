/** `safelight verify` on real files: the same again, another one, and what cannot be checked. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPngText } from '../../src/metadata/files/read-png-text.js';
import { withPngText } from '../../src/metadata/files/write-png-text.js';
import { runSafelight, type ServeProcess, startServe } from '../support/run-safelight.js';

let dir: string;
let original: string;
const make = async (...args: string[]) => {
  const size = ['-s', '4', '-w', '256', '-h', '256'];
  const { code, stdout } = await runSafelight(['a lake 湖', ...size, '-o', dir, ...args, ...there()]);
  expect(code).toBe(0);
  return stdout.trimEnd();
};
const verifyHere = (...args: string[]) => runSafelight(['verify', ...args]);
const verify = (...args: string[]) => verifyHere(...args, ...there());

/** Used where nothing else is asked: a local server costs each command the seconds in which it loads the model. */
let server: ServeProcess;
const there = () => ['--api-url', server.url, '--token', server.token];

beforeAll(async () => {
  server = await startServe();
  dir = await mkdtemp(join(tmpdir(), 'safelight-verify-'));
  original = await make('--seed', '3');
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true });
});

/** The original with other texts or pixels. */
async function forge(
  texts: Record<string, string>,
  change: (pixels: Buffer) => void = () => {},
  from = original,
): Promise<string> {
  const { data, info } = await sharp(from).raw().toBuffer({ resolveWithObject: true });
  change(data);
  const png = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer();
  const path = join(dir, `forged-${Math.random()}.png`);
  await writeFile(path, withPngText(png, texts));
  return path;
}

async function put(name: string, bytes: string): Promise<string> {
  await writeFile(join(dir, name), bytes, 'latin1');
  return join(dir, name);
}

/** ComfyUI's, of the original picture. @param text what the prompt comes from */
function graphOf(text: object): string {
  const inputs = { seed: 3 + 2 ** 32, steps: 4, cfg: 2, sampler_name: 'euler', scheduler: 'normal', denoise: 1 };
  return JSON.stringify({
    '3': { class_type: 'KSampler', inputs: { ...inputs, positive: ['6', 0], latent_image: ['5', 0], model: ['4', 0] } },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd\\tiny.safetensors' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 256, height: 256, batch_size: 1 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: ['7', 0] } },
    '7': text,
  });
}

describe('safelight verify', () => {
  test('0: the same pixels again, by a local server', async () => {
    expect(await verifyHere(original)).toMatchObject({ code: 0, stdout: 'same: every pixel\n' });
  });

  test.each(['webp', 'jpeg'])('0: with the losses of %s', async (format) => {
    expect(await verify(await make('--seed', '4', '--format', format))).toMatchObject({ code: 0 });
  });

  test('0: from the text for AUTOMATIC1111 alone', async () => {
    const { parameters } = readPngText(await readFile(original));
    expect(await verify(await forge({ parameters }))).toMatchObject({ code: 0 });
  });

  test('0: from a graph of ComfyUI, with its words in another node and a seed of 64 bits', async () => {
    const made = await make('--seed', '3', '--scheduler', 'euler', '-g', '2');
    const prompt = graphOf({ class_type: 'PrimitiveString', inputs: { value: 'a lake 湖' } });
    const path = await forge({ prompt }, () => {}, made);
    expect(await verify(path)).toMatchObject({ code: 0, stdout: 'same: every pixel\n' });
  });

  test('0: a branch, to another picture than the unbranched one', async () => {
    const path = await make(
      '--seed',
      '3',
      '--branch-step',
      '2',
      '--branch-prompt',
      'night, dark',
      '--branch-seed',
      '9',
    );
    expect(await verify(path)).toMatchObject({ code: 0 });
    const texts = readPngText(await readFile(path));
    expect(await verify(await forge(texts))).toMatchObject({ code: 1 });
  });

  test('1: one pixel is another', async () => {
    const path = await forge(readPngText(await readFile(original)), (pixels) => {
      pixels[0] ^= 16;
    });
    const { code, stdout } = await verify(path);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^different: by up to 16 of 255 levels, 0\.00 on average, in 0\.1 % of the pixels\nnot known: /,
    );
    const told = JSON.parse((await verify(path, '--json')).stdout);
    expect(told).toMatchObject({ same: false, writer: 'safelight', difference: { max: 16, share: 1 / 65_536 } });
    expect(told).toMatchObject({ model: 'tiny', params: { prompt: expect.any(String), width: 256 } });
  });

  test('1: another size', async () => {
    const texts = readPngText(await readFile(original));
    const path = await forge({ safelight: texts.safelight.replace('"width":256', '"width":288') });
    expect(await verify(path)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('256×256, made again 288×256'),
    });
  });

  test('img2img: with the picture that was used and no other', async () => {
    const path = await make('--seed', '5', '--init', original);
    expect(await verify(path, '--init', original)).toMatchObject({ code: 0 });
    expect(await verify(path)).toMatchObject({ code: 2, stderr: expect.stringContaining('give that one with --init') });
    expect(await verify(path, '--init', path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('another picture'),
    });
  });

  test('on a server, whose model it names', async () => {
    const { safelight } = readPngText(await readFile(original));
    const foreign = await forge({ safelight: safelight.replace('"model":"tiny"', '"model":"big"') });
    expect(await verify(foreign)).toMatchObject({ code: 2, stderr: expect.stringContaining('no model big') });
    expect(await verify(foreign, '--model', 'tiny')).toMatchObject({ code: 0 });
  });

  test.each([
    ['no texts', async () => forge({}), 'does not say how it was made'],
    ['no seed', async () => forge({ parameters: 'x\nSteps: 4, Sampler: Euler, Size: 256x256' }), 'says no seed'],
    ['steps that we do not take', async () => forge({ parameters: 'x\nSteps: 400, Seed: 1, CFG scale: 2' }), '--steps'],
    ['no picture', async () => import.meta.filename, 'is text, which cannot be read here'],
    ['an empty file', async () => put('empty.png', ''), 'is empty'],
    ['a folder', async () => dir, 'is a folder'],
    ['HEIC', async () => put('a.heic', '\0\0\0\x18ftypheic\0\0\0\0'), 'is a HEIC picture, which cannot be read here'],
    [
      'a prompt of an unknown node',
      async () => forge({ prompt: graphOf({ class_type: 'LLM', inputs: {} }) }),
      'come from LLM',
    ],
    ['no file', async () => join(dir, 'nothing.png'), 'does not exist'],
  ])('2: %s', async (_, file, words) => {
    expect(await verify(await file())).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
  });
});
