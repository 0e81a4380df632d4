/** The noise prediction of one timestep, with classifier-free guidance as one batch of two. */
import type { Conditioning } from './conditioning.js';
import type { Latents } from './latents.js';
import type { Session, TensorData } from './session.js';
import { concatAxis } from './tensor.js';

/**
 * uncond + guidanceScale · (cond − uncond), or the plain prediction when there is no guidance.
 * @param latents the scaled model input  @returns flat like `latents.data`
 */
export async function predictNoise(
  unet: Session,
  latents: Latents,
  timestep: number,
  { guidanceScale, inputs }: Conditioning,
): Promise<Float32Array> {
  const guided = guidanceScale > 1;
  const sample: TensorData = { data: latents.data, dims: [1, latents.channels, latents.height, latents.width] };
  const outputs = await unet.run({
    ...inputs,
    sample: guided ? concatAxis(sample, sample, 0) : sample,
    timestep: toTimestep(unet, timestep, guided ? 2 : 1),
  });
  const { data: output } = outputs[unet.outputNames[0]];
  if (!guided) return output;
  const uncond = output.subarray(0, latents.data.length);
  const cond = output.subarray(latents.data.length);
  return uncond.map((value, i) => value + guidanceScale * (cond[i] - value));
}

/** Exporters disagree: a scalar, one value, or one a batch row (docs/models.md). */
function toTimestep(unet: Session, timestep: number, batch: number): TensorData {
  const shape = unet.inputShape('timestep');
  if (shape.length === 0) return { data: [timestep], dims: [] };
  const [batchAxis] = unet.inputShape('sample');
  const length = shape[0] === batchAxis ? batch : 1;
  return { data: Array<number>(length).fill(timestep), dims: [length] };
}
