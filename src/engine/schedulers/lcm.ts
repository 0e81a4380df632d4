/**
 * LCM: "Latent Consistency Models" (arXiv 2310.04378), Algorithm 3: jump to x0, put noise back, jump again.
 * Checked against diffusers 0.42.1 scheduling_lcm.py by tests/goldens/schedulers.json.
 */
import { SafelightError } from '../../protocol/errors.js';
import type { SchedulerConfig } from './config.js';
import { createAlphasCumprod } from './noise-schedule.js';
import { clampSample, combine, toPrediction } from './prediction.js';
import type { Scheduler } from './scheduler.js';

/** Of the data, as the consistency function's boundary condition assumes it. */
const SIGMA_DATA = 0.5;

/** @throws SafelightError INVALID_PARAMS when the model was distilled with fewer steps than asked */
export function createLcm(config: SchedulerConfig, steps: number, strength = 1): Scheduler {
  const alphasCumprod = createAlphasCumprod(config);
  const timesteps = spaceLcmTimesteps(config, steps, strength);

  return {
    timesteps,
    sigmas: undefined,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(modelOutput, stepIndex, sample, drawNoise) {
      const timestep = timesteps[stepIndex];
      const alphaProd = alphasCumprod[timestep];
      // 1. x0 as the model sees it
      const [alpha, sigma] = [Math.sqrt(alphaProd), Math.sqrt(1 - alphaProd)];
      const prediction = toPrediction(config.prediction_type, modelOutput, sample, alpha, sigma);
      const predicted = clampSample(config, prediction.predOriginalSample);
      // 2. the boundary condition: at time 0 the consistency function is the identity
      const scaled = timestep * config.timestep_scaling;
      const skip = SIGMA_DATA ** 2 / (scaled ** 2 + SIGMA_DATA ** 2);
      const out = scaled / Math.sqrt(scaled ** 2 + SIGMA_DATA ** 2);
      const denoised = combine(out, predicted, skip, sample);
      // 3. noise for the next jump, none after the last
      if (stepIndex === timesteps.length - 1) return { prevSample: denoised, predOriginalSample: denoised };
      const alphaProdPrev = alphasCumprod[timesteps[stepIndex + 1]];
      const prevSample = combine(Math.sqrt(alphaProdPrev), denoised, Math.sqrt(1 - alphaProdPrev), drawNoise());
      return { prevSample, predOriginalSample: denoised };
    },
    addNoise(originalSample, noise, stepIndex) {
      const alphaProd = alphasCumprod[timesteps[stepIndex]];
      return combine(Math.sqrt(alphaProd), originalSample, Math.sqrt(1 - alphaProd), noise);
    },
  };
}

/** Evenly out of the timesteps that the model was distilled on. */
function spaceLcmTimesteps(config: SchedulerConfig, steps: number, strength: number): number[] {
  const original = Math.floor(config.original_inference_steps * strength);
  const stride = Math.floor(config.num_train_timesteps / config.original_inference_steps);
  if (steps > original) {
    const share = strength < 1 ? ` at strength ${strength}` : '';
    throw new SafelightError('INVALID_PARAMS', `steps: lcm makes at most ${original} steps${share}, not ${steps}`);
  }
  return Array.from({ length: steps }, (_, i) => (original - Math.floor((i * original) / steps)) * stride - 1);
}
