/**
 * What the multistep solvers (DPM-Solver++, UniPC) share: their timesteps and σ, and α_t, σ_t and λ_t = log(α_t / σ_t) of
 * each. Papers: DPM-Solver++ (arXiv 2211.01095), UniPC (2302.04867). Checked against diffusers 0.42.1.
 */
import type { SchedulerConfig } from './config.js';
import { linspace, roundHalfEven, trailingTimesteps } from './noise-schedule.js';
import { combine, toPrediction } from './prediction.js';
import {
  createTrainingSigmas,
  interpolate,
  karrasSigmas,
  lastSigma,
  type SigmaSchedule,
  sigmaToTimestep,
} from './sigmas.js';

export interface NoiseLevel {
  alpha: number;
  sigma: number;
  /** Half the logarithm of the signal-to-noise ratio; +∞ at the end. */
  lambda: number;
}

/** σ counts noise against a signal of one; the solvers want variance-preserving α² + σ² = 1. */
export function toNoiseLevel(sigma: number): NoiseLevel {
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) };
}

/** @param lastOfKarras what follows Karras' ramp when the config wants no zero: the two classes differ there */
export function createSolverSchedule(
  config: SchedulerConfig,
  steps: number,
  lastOfKarras: 'training' | 'ramp',
): SigmaSchedule {
  const training = createTrainingSigmas(config);
  if (!config.use_karras_sigmas) {
    const timesteps = spaceSolverTimesteps(config, steps, training);
    const sigmas = [...timesteps.map((timestep) => interpolate(training, timestep)), lastSigma(config, training)];
    return { timesteps, sigmas: sigmas.map(Math.fround) };
  }
  const ramp = karrasSigmas(config, training.toReversed(), steps);
  // diffusers leaves the fractions of a cosine schedule to its integer timesteps, which cut them off.
  const round =
    config.beta_schedule === 'squaredcos_cap_v2' && lastOfKarras === 'training' ? Math.floor : roundHalfEven;
  const zeroOr = lastOfKarras === 'training' ? training[0] : ramp[ramp.length - 1];
  const last = config.final_sigmas_type === 'zero' ? 0 : zeroOr;
  return {
    timesteps: ramp.map((sigma) => round(sigmaToTimestep(sigma, training))),
    sigmas: [...ramp, last].map(Math.fround),
  };
}

/** As Table 2 of arXiv 2305.08891, but with the end point left out; `lambda_min_clipped` cuts the noisiest times off. */
function spaceSolverTimesteps(config: SchedulerConfig, steps: number, training: Float32Array): number[] {
  const lambdaMin = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
  const clipped = training.filter((sigma) => -Math.log(sigma) < lambdaMin).length;
  const end = config.num_train_timesteps - clipped;
  switch (config.timestep_spacing) {
    case 'linspace':
      return linspace(0, end - 1, steps + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, -1);
    case 'leading': {
      const ratio = Math.floor(end / (steps + 1));
      return Array.from({ length: steps }, (_, i) => (steps - i) * ratio + config.steps_offset);
    }
    case 'trailing':
      return trailingTimesteps(end, config.num_train_timesteps / steps);
  }
}

/** x0 of a sample at `sigma` (counted against a signal of one). */
export function toSolverPrediction(config: SchedulerConfig, output: Float32Array, sample: Float32Array, sigma: number) {
  const level = toNoiseLevel(sigma);
  return toPrediction(config.prediction_type, output, sample, level.alpha, level.sigma);
}

export function addSolverNoise(original: Float32Array, noise: Float32Array, sigma: number): Float32Array {
  const level = toNoiseLevel(sigma);
  return combine(level.alpha, original, level.sigma, noise);
}
