/**
 * Heun's method, Algorithm 1 of "Elucidating the Design Space of Diffusion-Based Generative Models" (arXiv 2206.00364)
 * without churn: each step is tried with Euler, then redone with the mean slope of both ends, so n steps are 2n − 1 model
 * calls. Checked against diffusers 0.42.1 scheduling_heun_discrete.py by tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { clampSample, combine, toOriginalSample } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { createSigmaSchedule, initialSigma, scaleBySigma } from './sigmas.js';

export function createHeun(config: SchedulerConfig, steps: number): Scheduler {
  const schedule = createSigmaSchedule(config, steps);
  const timesteps = repeatAllButFirst(schedule.timesteps);
  const sigmas = [...repeatAllButFirst(schedule.sigmas.slice(0, -1)), schedule.sigmas[steps]];
  /** Between the two calls of a step: where it began, and its first slope. */
  let trial: { sample: Float32Array; derivative: Float32Array } | undefined;

  return {
    timesteps,
    sigmas,
    initNoiseSigma: initialSigma(config, sigmas),
    scaleModelInput: (sample, stepIndex) => scaleBySigma(sample, sigmas[stepIndex]),
    step(modelOutput, stepIndex, sample) {
      const sigma = sigmas[stepIndex];
      const original = toOriginalSample(config.prediction_type, modelOutput, sample, sigma);
      const predOriginalSample = clampSample(config, original);
      const derivative = combine(1 / sigma, sample, -1 / sigma, predOriginalSample);
      if (trial === undefined) {
        trial = { sample, derivative };
        return { prevSample: combine(1, sample, sigmas[stepIndex + 1] - sigma, derivative), predOriginalSample };
      }
      const mean = combine(0.5, trial.derivative, 0.5, derivative);
      const prevSample = combine(1, trial.sample, sigma - sigmas[stepIndex - 1], mean);
      trial = undefined;
      return { prevSample, predOriginalSample };
    },
    addNoise: (originalSample, noise, stepIndex) => combine(1, originalSample, sigmas[stepIndex], noise),
    // Trial and correction by turns; the last step is a trial only, as there is no slope at σ = 0.
    endsStep: (call, calls) => call % 2 === 1 || call === calls - 1,
  };
}

function repeatAllButFirst(values: number[]): number[] {
  return [values[0], ...values.slice(1).flatMap((value) => [value, value])];
}
