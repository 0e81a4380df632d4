/** Damaged and foreign model folders are refused with the file's name, before a graph is opened. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline } from '../../src/engine/pipeline.js';
import { GOLDENS } from '../support/goldens.js';

const tinySd = join(GOLDENS, 'tiny-sd');
let dir: string;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'safelight-folder-')), 'copy');
  await cp(tinySd, dir, { recursive: true });
});
afterEach(() => rm(resolve(dir, '..'), { recursive: true }));

const rewrite = (file: string, text: string) => writeFile(join(dir, file), text);

describe('readModelFolder', () => {
  test('reads the embedded model: factors from the configs, recommendations from safelight.json', async () => {
    const folder = await readModelFolder(resolve(import.meta.dirname, '../../models/tiny'));
    expect(folder).toMatchObject({
      vaeScaleFactor: 16,
      latentChannels: 16,
      scalingFactor: 1,
      previewDecoder: { scalingFactor: 1 },
    });
    expect(folder.summary).toMatchObject({ id: 'tiny', sizeMultipleOf: 16, guidanceScale: 3, scheduler: 'dpmpp_2m' });
  });

  test('without safelight.json sides are multiples of VAE factor × UNet down-sampling', async () => {
    expect((await readModelFolder(dir)).summary).toMatchObject({
      sizeMultipleOf: 16,
      guidanceScale: 7.5,
      scheduler: 'pndm',
    });
  });

  test('a folder of diffusers’ first exporter has no configs: they are known', async () => {
    await rewrite('model_index.json', '{"_class_name":"OnnxStableDiffusionPipeline"}');
    for (const part of ['unet', 'vae_decoder', 'text_encoder']) await rm(join(dir, part, 'config.json'));
    const folder = await readModelFolder(dir);
    expect(folder).toMatchObject({ latentChannels: 4, vaeScaleFactor: 8, scalingFactor: 0.18215 });
    expect(folder.summary.sizeMultipleOf).toBe(64);
  });

  test('a folder that is not there', async () => {
    await expect(readModelFolder(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test.each([
    'model_index.json',
    'unet/model.onnx',
    'unet/config.json',
    'vae_decoder/model.onnx',
    'text_encoder/model.onnx',
    'tokenizer/vocab.json',
    'tokenizer/merges.txt',
    'scheduler/scheduler_config.json',
  ])('%s missing', async (file) => {
    await rm(join(dir, file));
    const error = await readModelFolder(dir).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(file) });
  });

  test('a tokenizer of transformers 5 is one file', async () => {
    for (const file of ['vocab.json', 'merges.txt']) await rm(join(dir, 'tokenizer', file));
    await rewrite('tokenizer/tokenizer.json', '{}');
    await expect(readModelFolder(dir)).resolves.toMatchObject({ family: 'sd' });
  });

  test.each([
    ['an unknown pipeline', 'model_index.json', '{"_class_name":"FluxPipeline"}', /model_index\.json: .*FluxPipeline/],
    ['no JSON', 'unet/config.json', '{', /unet\/config\.json: not JSON/],
    [
      'a wrong value',
      'vae_decoder/config.json',
      '{"latent_channels":"four"}',
      /vae_decoder\/config\.json: latent_channels/,
    ],
    ['a UNet of eight channels', 'unet/config.json', '{"in_channels":8,"block_out_channels":[1]}', /8 input channels/],
    [
      'an unknown scheduler',
      'scheduler/scheduler_config.json',
      '{"_class_name":"MagicScheduler"}',
      /scheduler_config\.json: .*MagicScheduler/,
    ],
    [
      'a scheduler setting we have not',
      'scheduler/scheduler_config.json',
      '{"_class_name":"DDIMScheduler","thresholding":true}',
      /thresholding true/,
    ],
    ['a misspelt safelight.json', 'safelight.json', '{"guidence":4}', /safelight\.json: .*guidence/],
  ])('%s', async (_, file, text, words) => {
    await rewrite(file, text);
    await expect(readModelFolder(dir)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(words),
    });
  });
});

describe('loadPipeline', () => {
  test.each([
    ['a graph cut short', 'unet/model.onnx', 'not a graph'],
    ['a vocabulary that is not one', 'tokenizer/vocab.json', '{"a":"b"}'],
    ['a vocabulary without end mark', 'tokenizer/vocab.json', '{"a":1}'],
  ])('%s is refused with its name', async (_, file, text) => {
    await rewrite(file, text);
    const load = readModelFolder(dir).then((folder) => loadPipeline(folder, { device: 'cpu' }));
    await expect(load).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(file) });
  });

  const useExternalData = (file: string) => cp(join(GOLDENS, 'external-data', file), join(dir, 'vae_encoder', file));
  const load = () => readModelFolder(dir).then((folder) => loadPipeline(folder, { device: 'cpu' }));

  test('weights in a file beside the graph are found', async () => {
    await useExternalData('model.onnx');
    await useExternalData('model.onnx_data');
    await (await load()).release();
  });

  test('weights that are not beside it are missed, by name', async () => {
    await useExternalData('model.onnx');
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('model.onnx_data') });
  });

  test('a graph cut in the middle is refused, nothing hangs', async () => {
    const graph = await readFile(join(dir, 'unet/model.onnx'));
    await writeFile(join(dir, 'unet/model.onnx'), graph.subarray(0, graph.length / 2));
    await expect(load()).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('unet/model.onnx'),
    });
  });

  test('a UNet of another family is refused with its inputs', async () => {
    await cp(join(GOLDENS, 'tiny-sdxl/unet/model.onnx'), join(dir, 'unet/model.onnx'));
    await expect(load()).rejects.toMatchObject({ message: expect.stringContaining('unknown input text_embeds') });
  });

  test('a tokenizer from another model is refused: its ids are beyond the text encoder', async () => {
    const vocab = Object.fromEntries(Array.from({ length: 5000 }, (_, id) => [`t${id}`, id]));
    await rewrite('tokenizer/vocab.json', JSON.stringify({ ...vocab, '<|startoftext|>': 5000, '<|endoftext|>': 5001 }));
    const load = readModelFolder(dir).then((folder) => loadPipeline(folder, { device: 'cpu' }));
    await expect(load).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('tokenizer') });
  });
});
