/** Where denoising starts: pure noise, or an encoded picture under the noise of the first timestep. */
import type { RgbImage } from './events.js';
import type { Pipeline } from './pipeline.js';
import type { Scheduler } from './schedulers/scheduler.js';
import { encodePixels } from './vae.js';

/** Latents of one picture, flat NCHW `[1, channels, height, width]`, in latent pixels. */
export interface Latents {
  data: Float32Array;
  channels: number;
  height: number;
  width: number;
}

/**
 * @param size of the picture, in pixels
 * @param randn the picture's own generator: img2img draws the encoder's sample first, then the noise, as diffusers does
 */
export async function prepareLatents(
  { folder, vaeEncoder }: Pipeline,
  size: { width: number; height: number },
  initPicture: RgbImage | undefined,
  scheduler: Scheduler,
  randn: (count: number) => Float32Array,
): Promise<Latents> {
  const channels = folder.latentChannels;
  const height = size.height / folder.vaeScaleFactor;
  const width = size.width / folder.vaeScaleFactor;
  if (initPicture === undefined || vaeEncoder === undefined) {
    const noise = randn(channels * height * width);
    return { data: noise.map((value) => value * scheduler.initNoiseSigma), channels, height, width };
  }
  const clean = await encodePixels(vaeEncoder, initPicture, folder.scalingFactor, randn);
  return { ...clean, data: scheduler.addNoise(clean.data, randn(clean.data.length), 0) };
}
