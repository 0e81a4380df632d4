/** Where denoising starts, and what holds it to an input picture on the way. */
import type { RgbImage } from './events.js';
import { blendLatents, hideMasked, type Mask, shrinkMask } from './mask.js';
import type { Pipeline } from './pipeline.js';
import type { Scheduler } from './schedulers/scheduler.js';
import { encodePlanes, toPlanes } from './vae.js';

/** Latents of one picture, flat NCHW `[1, channels, height/f, width/f]`, in latent pixels. */
export interface Latents {
  data: Float32Array;
  channels: number;
  height: number;
  width: number;
}

export interface StartOptions {
  /** Of the picture, in pixels. */
  width: number;
  height: number;
  /** img2img: the picture to start from, of just that size, and the share of the schedule that is run. */
  initPicture?: RgbImage | undefined;
  strength?: number | undefined;
  mask?: Mask | undefined;
  /** The first noise: torch's, or one varied towards another seed. */
  drawFirstNoise: (count: number) => Float32Array;
  /** The picture's own generator, for all later draws. */
  randn: (count: number) => Float32Array;
}

export interface Start {
  latents: Latents;
  /** Channels that an inpainting UNet wants beside the latents: mask and masked picture `[1, 1 + channels, h, w]`. */
  extraChannels: Float32Array | undefined;
  /** Masked img2img with any other UNet: puts the original back outside the mask, as noisy as the next step expects it. */
  keepOriginal(latents: Latents, nextStepIndex: number): Latents;
}

/** Draws in diffusers' order: the sample of the encoded picture, the noise, the sample of the masked picture. */
export async function prepareStart(pipeline: Pipeline, options: StartOptions, scheduler: Scheduler): Promise<Start> {
  const { latentChannels: channels, vaeScaleFactor, inpainting } = pipeline.folder;
  const { initPicture, mask, strength = 1, drawFirstNoise } = options;
  const shape = { channels, height: options.height / vaeScaleFactor, width: options.width / vaeScaleFactor };
  const count = channels * shape.height * shape.width;
  const clean =
    initPicture !== undefined && !(inpainting && strength === 1)
      ? await encode(pipeline, toPlanes(initPicture), options)
      : undefined;
  const noise = drawFirstNoise(count);
  // diffusers starts a whole-strength repaint from pure noise; plain img2img keeps its trace of the picture.
  const pure = clean === undefined || (mask !== undefined && strength === 1);
  const data = pure ? noise.map((value) => value * scheduler.initNoiseSigma) : scheduler.addNoise(clean, noise, 0);
  const latents = { ...shape, data };
  if (inpainting) {
    return { latents, extraChannels: await toExtraChannels(pipeline, options), keepOriginal: (same) => same };
  }
  if (mask === undefined || clean === undefined)
    return { latents, extraChannels: undefined, keepOriginal: (same) => same };
  options.randn(count); // the masked picture's sample: not needed here, but diffusers draws it
  const small = shrinkMask(mask, vaeScaleFactor);
  const steps = scheduler.timesteps.length;
  return {
    latents,
    extraChannels: undefined,
    keepOriginal: (painted, next) =>
      blendLatents(painted, next < steps ? scheduler.addNoise(clean, noise, next) : clean, small),
  };
}

/** With no picture given everything is repainted, over mid-grey. */
async function toExtraChannels(pipeline: Pipeline, options: StartOptions): Promise<Float32Array> {
  const { width, height, initPicture } = options;
  const all: Mask = { width, height, values: new Float32Array(width * height).fill(1) };
  const mask = options.mask ?? all;
  const planes = initPicture === undefined ? new Float32Array(width * height * 3) : toPlanes(initPicture);
  const masked = await encode(pipeline, hideMasked(planes, mask), options);
  const small = shrinkMask(mask, pipeline.folder.vaeScaleFactor);
  const extraChannels = new Float32Array(small.values.length + masked.length);
  extraChannels.set(small.values);
  extraChannels.set(masked, small.values.length);
  return extraChannels;
}

async function encode(
  { vaeEncoder, folder }: Pipeline,
  planes: Float32Array,
  options: StartOptions,
): Promise<Float32Array> {
  if (vaeEncoder === undefined) throw new Error('the request was checked: this model has a vae_encoder');
  return encodePlanes(vaeEncoder, planes, options, folder.scalingFactor, options.randn);
}
