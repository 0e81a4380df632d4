/**
 * Noise levels σ = √((1 − ᾱ) / ᾱ) of the schedulers that count in them, and Karras' spacing of them.
 * Paper: "Elucidating the Design Space of Diffusion-Based Generative Models" (arXiv 2206.00364), eq. 5.
 * Checked against diffusers 0.42.1.
 */
import type { SchedulerConfig } from './config.js';
import { createAlphasCumprod, linspace, spaceTimesteps } from './noise-schedule.js';

const KARRAS_RHO = 7;

/**
 * σ of every training timestep, float32 as torch keeps them. At zero terminal SNR the last ᾱ is lifted to 2^-24, so that
 * the first σ is finite, as diffusers does.
 */
export function createTrainingSigmas(config: SchedulerConfig): Float32Array {
  const alphasCumprod = createAlphasCumprod(config);
  if (config.rescale_betas_zero_snr) alphasCumprod[alphasCumprod.length - 1] = 2 ** -24;
  return alphasCumprod.map((alpha) => Math.sqrt(Math.fround(Math.fround(1 - alpha) / alpha)));
}

export interface SigmaSchedule {
  timesteps: number[];
  /** One more than timesteps: the last follows the last step. */
  sigmas: number[];
}

/** The schedule of Euler and its kin: σ interpolated at the timesteps, or Karras' ramp between its ends. */
export function createSigmaSchedule(config: SchedulerConfig, steps: number): SigmaSchedule {
  const training = createTrainingSigmas(config);
  const timesteps = spaceTimesteps(config, steps, 'keep');
  const spaced =
    config.interpolation_type === 'linear'
      ? timesteps.map((timestep) => interpolate(training, timestep))
      : linspace(Math.log(training[training.length - 1]), Math.log(training[0]), steps + 1).map(Math.exp);
  const withLast = (sigmas: number[]) => [...sigmas, lastSigma(config, training)].map(Math.fround);
  if (!config.use_karras_sigmas) return { timesteps, sigmas: withLast(spaced) };
  const sigmas = karrasSigmas(config, spaced, steps);
  return { timesteps: sigmas.map((sigma) => Math.fround(sigmaToTimestep(sigma, training))), sigmas: withLast(sigmas) };
}

/** The first noise's deviation; with leading spacing the sample is thought to hold its share of signal. */
export function initialSigma(config: SchedulerConfig, sigmas: number[]): number {
  const max = Math.max(...sigmas);
  return config.timestep_spacing === 'leading' ? Math.sqrt(max ** 2 + 1) : max;
}

/** x / √(σ² + 1): unit variance for the model. */
export function scaleBySigma(sample: Float32Array, sigma: number): Float32Array {
  const scale = Math.sqrt(sigma ** 2 + 1);
  return sample.map((x) => x / scale);
}

/** numpy's interp over the indices of `values`, clamped at both ends. */
export function interpolate(values: ArrayLike<number>, position: number): number {
  const last = values.length - 1;
  const clamped = Math.min(Math.max(position, 0), last);
  const low = Math.min(Math.floor(clamped), last - 1);
  return low < 0 ? values[0] : values[low] + (clamped - low) * (values[low + 1] - values[low]);
}

/** @param sigmas descending: their ends bound the ramp unless the config does */
export function karrasSigmas(config: SchedulerConfig, sigmas: ArrayLike<number>, steps: number): number[] {
  const min = (config.sigma_min ?? sigmas[sigmas.length - 1]) ** (1 / KARRAS_RHO);
  const max = (config.sigma_max ?? sigmas[0]) ** (1 / KARRAS_RHO);
  return linspace(0, 1, steps).map((ramp) => (max + ramp * (min - max)) ** KARRAS_RHO);
}

/** The (fractional) timestep whose σ this is: linear in log σ. */
export function sigmaToTimestep(sigma: number, training: Float32Array): number {
  const logSigma = Math.log(Math.max(sigma, 1e-10));
  let low = 0;
  while (low < training.length - 2 && Math.log(training[low + 1]) <= logSigma) low += 1;
  const [lowLog, highLog] = [Math.log(training[low]), Math.log(training[low + 1])];
  const weight = Math.min(Math.max((lowLog - logSigma) / (lowLog - highLog), 0), 1);
  return low + weight;
}

/** What follows the last step. */
export function lastSigma(config: SchedulerConfig, training: Float32Array): number {
  return config.final_sigmas_type === 'zero' ? 0 : training[0];
}
