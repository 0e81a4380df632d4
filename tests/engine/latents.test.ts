/** Where denoising starts, at sizes whose latents are too many to be the arguments of one call (issue 17). */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { prepareStart } from '../../src/engine/latents.js';
import { type Mask, shrinkMask } from '../../src/engine/mask.js';
import { type ModelFolder, readModelFolder } from '../../src/engine/model-folder.js';
import type { Pipeline } from '../../src/engine/pipeline.js';
import { createTorchGenerator } from '../../src/engine/random.js';
import { createScheduler } from '../../src/engine/schedulers/index.js';
import { GOLDENS } from '../support/goldens.js';

let folder: ModelFolder;
beforeAll(async () => {
  folder = await readModelFolder(join(GOLDENS, 'tiny-inpaint'));
});

/** Its encoder answers with the place of each value: the real one wants gigabytes at these sizes. */
function createPipeline(): Pipeline {
  const { vaeScaleFactor: factor, latentChannels: channels } = folder;
  const unused = () => Promise.reject(new Error('only the encoder is needed here'));
  const session = {
    name: 'fake',
    inputNames: ['sample'],
    outputNames: ['latent_sample'],
    inputShape: () => [],
    release: unused,
  };
  const vaeEncoder: NonNullable<Pipeline['vaeEncoder']> = {
    ...session,
    async run({ sample: { dims } }) {
      const [height, width] = [dims[2] / factor, dims[3] / factor];
      const data = Float32Array.from({ length: channels * height * width }, (_, i) => i);
      return { latent_sample: { data, dims: [1, channels, height, width] } };
    },
  };
  const unet = { ...session, run: unused };
  return {
    ...{ folder, textEncoders: [], unet, vaeDecoder: unet, vaeEncoder },
    ...{ decodePreview: unused, previewMsPerPixel: 0, release: unused },
  };
}

test.each([
  ['768²', 768, 768],
  ['832×1216', 832, 1216],
  ['the largest', 2048, 2048],
])('an inpainting UNet gets the mask, then the masked picture: %s', async (_, width, height) => {
  const { randn } = createTorchGenerator(1);
  const values = Float32Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 1 : 0));
  const mask: Mask = { width, height, values };
  const initPicture = { width, height, pixels: new Uint8Array(width * height * 3) };
  const scheduler = createScheduler({ modelConfig: folder.schedulerConfig, steps: 2 });
  const options = { width, height, initPicture, mask, drawFirstNoise: randn, randn };
  const { latents, extraChannels = new Float32Array() } = await prepareStart(createPipeline(), options, scheduler);
  const plane = latents.width * latents.height;
  expect(extraChannels).toHaveLength(plane * (1 + folder.latentChannels));
  expect(isSame(extraChannels.subarray(0, plane), shrinkMask(mask, folder.vaeScaleFactor).values)).toBe(true);
  const masked = Float32Array.from({ length: plane * folder.latentChannels }, (_, i) => i * folder.scalingFactor);
  expect(isSame(extraChannels.subarray(plane), masked)).toBe(true);
});

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
