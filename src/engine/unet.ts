/** The noise prediction of one timestep, with classifier-free guidance as one batch of two. */
import type { Conditioning } from './conditioning.js';
import type { Latents } from './latents.js';
import type { Pipeline } from './pipeline.js';
import type { Session, TensorData } from './session.js';
import { concatAxis } from './tensor.js';

/**
 * uncond + guidanceScale · (cond − uncond), or the plain prediction when there is no guidance.
 * @param latents the scaled model input
 * @param extraChannels of an inpainting UNet, `[1, 1 + channels, h, w]`, not scaled
 * @returns flat like `latents.data`
 */
export async function predictNoise(
  { unet, folder }: Pipeline,
  latents: Latents,
  timestep: number,
  { guidanceScale, inputs }: Conditioning,
  extraChannels: Float32Array | undefined,
): Promise<Float32Array> {
  const guided = guidanceScale > 1;
  const sample = toSample(latents, extraChannels);
  const outputs = await unet.run({
    ...inputs,
    sample: guided ? concatAxis(sample, sample, 0) : sample,
    timestep: toTimestep(unet, timestep, guided ? 2 : 1),
  });
  const { data: output } = outputs[unet.outputNames[0]];
  if (!guided) return output;
  const uncond = output.subarray(0, latents.data.length);
  const cond = output.subarray(latents.data.length);
  const noisePred = uncond.map((value, i) => value + guidanceScale * (cond[i] - value));
  return folder.guidanceRescale === 0 ? noisePred : rescaleGuidance(noisePred, cond, folder.guidanceRescale);
}

function toSample({ data, channels, height, width }: Latents, extraChannels: Float32Array | undefined): TensorData {
  const sample: TensorData = { data, dims: [1, channels, height, width] };
  if (extraChannels === undefined) return sample;
  const extra = { data: extraChannels, dims: [1, extraChannels.length / (height * width), height, width] };
  return concatAxis(sample, extra, 1);
}

/** Brings guidance back to the deviation of the prompt's own prediction (arXiv 2305.08891 §3.4), by this share. */
function rescaleGuidance(noisePred: Float32Array, cond: Float32Array, share: number): Float32Array {
  const factor = share * (deviation(cond) / deviation(noisePred)) + (1 - share);
  return noisePred.map((value) => value * factor);
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Exporters disagree: a scalar, one value, or one a batch row (docs/models.md). */
function toTimestep(unet: Session, timestep: number, batch: number): TensorData {
  const shape = unet.inputShape('timestep');
  if (shape.length === 0) return { data: [timestep], dims: [] };
  const [batchAxis] = unet.inputShape('sample');
  const length = shape[0] === batchAxis ? batch : 1;
  return { data: Array<number>(length).fill(timestep), dims: [length] };
}
