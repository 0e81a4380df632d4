/**
 * Euler's method with ancestral noise: a step too far down, then fresh noise back up (k-diffusion's sampler of that name,
 * after DDPM, arXiv 2006.11239). Checked against diffusers 0.42.1 scheduling_euler_ancestral_discrete.py by
 * tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { combine, toOriginalSample } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { createSigmaSchedule, initialSigma, scaleBySigma } from './sigmas.js';

export function createEulerAncestral(config: SchedulerConfig, steps: number): Scheduler {
  const { timesteps, sigmas } = createSigmaSchedule(config, steps);
  return {
    timesteps,
    sigmas,
    initNoiseSigma: initialSigma(config, sigmas),
    scaleModelInput: (sample, stepIndex) => scaleBySigma(sample, sigmas[stepIndex]),
    step(modelOutput, stepIndex, sample, drawNoise) {
      const [sigma, sigmaNext] = [sigmas[stepIndex], sigmas[stepIndex + 1]];
      const predOriginalSample = toOriginalSample(config.prediction_type, modelOutput, sample, sigma);
      // σ_next² = σ_down² + σ_up²: down by the ODE, up by noise.
      const sigmaUp = Math.sqrt((sigmaNext ** 2 * (sigma ** 2 - sigmaNext ** 2)) / sigma ** 2);
      const sigmaDown = Math.sqrt(sigmaNext ** 2 - sigmaUp ** 2);
      const ratio = (sigmaDown - sigma) / sigma;
      const down = combine(1 + ratio, sample, -ratio, predOriginalSample);
      return { prevSample: combine(1, down, sigmaUp, drawNoise()), predOriginalSample };
    },
    addNoise: (originalSample, noise, stepIndex) => combine(1, originalSample, sigmas[stepIndex], noise),
  };
}
