/**
 * DDIM, deterministic (η = 0): "Denoising Diffusion Implicit Models" (arXiv 2010.02502), formulas (9) and (12).
 * Checked against diffusers 0.42.1 scheduling_ddim.py by tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { createAlphasCumprod, spaceTimesteps } from './noise-schedule.js';
import { clampSample, combine, toPrediction } from './prediction.js';
import type { Scheduler } from './scheduler.js';

export function createDdim(config: SchedulerConfig, steps: number): Scheduler {
  const alphasCumprod = createAlphasCumprod(config);
  const timesteps = spaceTimesteps(config, steps, 'round');
  const stride = Math.floor(config.num_train_timesteps / steps);
  const finalAlphaCumprod = config.set_alpha_to_one ? 1 : alphasCumprod[0];

  return {
    timesteps,
    sigmas: undefined,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(modelOutput, stepIndex, sample) {
      const alphaProd = alphasCumprod[timesteps[stepIndex]];
      const prevTimestep = timesteps[stepIndex] - stride;
      const alphaProdPrev = prevTimestep >= 0 ? alphasCumprod[prevTimestep] : finalAlphaCumprod;
      // 1. x0 and ε, as this step sees them
      const [alpha, sigma] = [Math.sqrt(alphaProd), Math.sqrt(1 - alphaProd)];
      const prediction = toPrediction(config.prediction_type, modelOutput, sample, alpha, sigma);
      const predOriginalSample = clampSample(config, prediction.predOriginalSample);
      // 2. x_{t-1} = √ᾱ_{t-1} · x0 + √(1 − ᾱ_{t-1}) · ε
      const direction = Math.sqrt(1 - alphaProdPrev);
      const prevSample = combine(Math.sqrt(alphaProdPrev), predOriginalSample, direction, prediction.predEpsilon);
      return { prevSample, predOriginalSample };
    },
    addNoise(originalSample, noise, stepIndex) {
      const alphaProd = alphasCumprod[timesteps[stepIndex]];
      return combine(Math.sqrt(alphaProd), originalSample, Math.sqrt(1 - alphaProd), noise);
    },
  };
}
