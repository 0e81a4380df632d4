/** Pictures ↔ latents: the two halves of the VAE, and the pixel arithmetic of diffusers' VaeImageProcessor. */
import type { RgbImage } from './events.js';
import type { Latents } from './latents.js';
import type { Session } from './session.js';

/**
 * Runs a graph that turns latents into a picture (`vae_decoder` or `preview_decoder`).
 * @param latents as the UNet sees them; divided by `scalingFactor` here
 * @param range what the graph calls black and white
 */
export async function decodeLatents(
  decoder: Session,
  latents: Latents,
  scalingFactor: number,
  range: readonly [number, number] = [-1, 1],
): Promise<RgbImage> {
  const data = latents.data.map((value) => value / scalingFactor);
  const dims = [1, latents.channels, latents.height, latents.width];
  const [inputName] = decoder.inputNames;
  const outputs = await decoder.run({ [inputName]: { data, dims } });
  const sample = outputs[decoder.outputNames[0]];
  return toPicture(sample.data, sample.dims[3], sample.dims[2], range);
}

/** `[3, height, width]` from black to white → 8-bit RGB. */
export function toPicture(
  planes: Float32Array,
  width: number,
  height: number,
  [black, white]: readonly [number, number] = [-1, 1],
): RgbImage {
  const plane = width * height;
  const pixels = new Uint8Array(plane * 3);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = toLevel((planes[c * plane + i] - black) / (white - black));
  }
  return { width, height, pixels };
}

/** Clamped, rounded to nearest as numpy does it: a tie is as rare here as it is invisible. */
function toLevel(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 255);
}

/**
 * A *sample* of the encoder's distribution, scaled for the UNet: img2img starts from it (tests/goldens/README.md).
 * @param planes `[3, height, width]` in [-1, 1]
 * @param randn standard normal noise of the asked length, from the picture's own generator
 */
export async function encodePlanes(
  encoder: Session,
  planes: Float32Array,
  { width, height }: { width: number; height: number },
  scalingFactor: number,
  randn: (count: number) => Float32Array,
): Promise<Float32Array> {
  const [inputName] = encoder.inputNames;
  const [outputName] = encoder.outputNames;
  const outputs = await encoder.run({ [inputName]: { data: planes, dims: [1, 3, height, width] } });
  const { data } = outputs[outputName];
  // `latent_parameters` = mean and log-variance; older exports sample inside the graph and give `latent_sample`.
  const sample = outputName === 'latent_sample' ? data : sampleGaussian(data, randn);
  return sample.map((value) => value * scalingFactor);
}

/** mean + exp(logvar / 2) · noise; diffusers clamps the log-variance to [-30, 20]. */
function sampleGaussian(parameters: Float32Array, randn: (count: number) => Float32Array): Float32Array {
  const count = parameters.length / 2;
  const noise = randn(count);
  return noise.map((value, i) => {
    const logVariance = Math.min(Math.max(parameters[count + i], -30), 20);
    return parameters[i] + Math.exp(0.5 * logVariance) * value;
  });
}

/** 8-bit RGB → `[3, height, width]` in [-1, 1]. */
export function toPlanes({ width, height, pixels }: RgbImage): Float32Array {
  const plane = width * height;
  const planes = new Float32Array(plane * 3);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) planes[c * plane + i] = Math.fround(pixels[i * 3 + c] / 255) * 2 - 1;
  }
  return planes;
}
