/** Pictures ↔ latents: the two halves of the VAE, and the pixel arithmetic of diffusers' VaeImageProcessor. */
import type { RgbImage } from './events.js';
import type { Latents } from './latents.js';
import type { Session } from './session.js';

/**
 * Runs a graph that turns latents into a picture (`vae_decoder` or `preview_decoder`).
 * @param latents as the UNet sees them; divided by `scalingFactor` here
 */
export async function decodeLatents(decoder: Session, latents: Latents, scalingFactor: number): Promise<RgbImage> {
  const data = latents.data.map((value) => value / scalingFactor);
  const dims = [1, latents.channels, latents.height, latents.width];
  const [inputName] = decoder.inputNames;
  const outputs = await decoder.run({ [inputName]: { data, dims } });
  const sample = outputs[decoder.outputNames[0]];
  return toPicture(sample.data, sample.dims[3], sample.dims[2]);
}

/** `[3, height, width]` in [-1, 1] → 8-bit RGB. */
export function toPicture(planes: Float32Array, width: number, height: number): RgbImage {
  const plane = width * height;
  const pixels = new Uint8Array(plane * 3);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = toLevel(planes[c * plane + i]);
  }
  return { width, height, pixels };
}

/** Clamped, rounded to nearest as numpy does it: a tie is as rare here as it is invisible. */
function toLevel(value: number): number {
  return Math.round(Math.min(Math.max(value / 2 + 0.5, 0), 1) * 255);
}

/**
 * A *sample* of the encoder's distribution, scaled for the UNet: img2img starts from it (tests/goldens/README.md).
 * @param drawNoise standard normal noise of the asked length, from the picture's own generator
 */
export async function encodePixels(
  encoder: Session,
  picture: RgbImage,
  scalingFactor: number,
  drawNoise: (count: number) => Float32Array,
): Promise<Latents> {
  const dims = [1, 3, picture.height, picture.width];
  const [inputName] = encoder.inputNames;
  const outputs = await encoder.run({ [inputName]: { data: toPlanes(picture), dims } });
  const output = outputs[encoder.outputNames[0]];
  const [, outputChannels, height, width] = output.dims;
  // `latent_parameters` = mean and log-variance; older exports sample inside the graph and give `latent_sample`.
  const isDistribution = encoder.outputNames[0] !== 'latent_sample';
  const channels = isDistribution ? outputChannels / 2 : outputChannels;
  const sample = isDistribution ? sampleGaussian(output.data, drawNoise) : output.data;
  return { data: sample.map((value) => value * scalingFactor), channels, height, width };
}

/** mean + exp(logvar / 2) · noise; diffusers clamps the log-variance to [-30, 20]. */
function sampleGaussian(parameters: Float32Array, drawNoise: (count: number) => Float32Array): Float32Array {
  const count = parameters.length / 2;
  const noise = drawNoise(count);
  return noise.map((value, i) => {
    const logVariance = Math.min(Math.max(parameters[count + i], -30), 20);
    return parameters[i] + Math.exp(0.5 * logVariance) * value;
  });
}

/** 8-bit RGB → `[3, height, width]` in [-1, 1]. */
function toPlanes({ width, height, pixels }: RgbImage): Float32Array {
  const plane = width * height;
  const planes = new Float32Array(plane * 3);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) planes[c * plane + i] = Math.fround(pixels[i * 3 + c] / 255) * 2 - 1;
  }
  return planes;
}
