/**
 * Euler's method, Algorithm 2 of "Elucidating the Design Space of Diffusion-Based Generative Models" (arXiv 2206.00364)
 * without churn; with Karras' spacing where the config says so.
 * Checked against diffusers 0.42.1 scheduling_euler_discrete.py by tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { combine, toOriginalSample } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { createSigmaSchedule, initialSigma, scaleBySigma } from './sigmas.js';

export function createEuler(config: SchedulerConfig, steps: number): Scheduler {
  const { timesteps, sigmas } = createSigmaSchedule(config, steps);
  return {
    timesteps,
    sigmas,
    initNoiseSigma: initialSigma(config, sigmas),
    scaleModelInput: (sample, stepIndex) => scaleBySigma(sample, sigmas[stepIndex]),
    step(modelOutput, stepIndex, sample) {
      const [sigma, sigmaNext] = [sigmas[stepIndex], sigmas[stepIndex + 1]];
      // 1. x0 from the σ-scaled prediction
      const predOriginalSample = toOriginalSample(config.prediction_type, modelOutput, sample, sigma);
      // 2. the ODE's derivative (x − x0) / σ, followed for one step
      const ratio = (sigmaNext - sigma) / sigma;
      return { prevSample: combine(1 + ratio, sample, -ratio, predOriginalSample), predOriginalSample };
    },
    addNoise: (originalSample, noise, stepIndex) => combine(1, originalSample, sigmas[stepIndex], noise),
  };
}
