/**
 * Linear multistep: the slopes of up to four steps, weighted by the integral of their Lagrange polynomials over the next
 * step (k-diffusion's sampler of that name). Checked against diffusers 0.42.1 scheduling_lms_discrete.py by
 * tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { combine, toOriginalSample } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { createSigmaSchedule, initialSigma, scaleBySigma } from './sigmas.js';

const ORDER = 4;
/** Three-point Gauss–Legendre is exact for the cubics that are integrated here. */
const GAUSS_NODES = [-Math.sqrt(3 / 5), 0, Math.sqrt(3 / 5)];
const GAUSS_WEIGHTS = [5 / 9, 8 / 9, 5 / 9];

export function createLms(config: SchedulerConfig, steps: number): Scheduler {
  const { timesteps, sigmas } = createSigmaSchedule(config, steps);
  /** Newest first. */
  let derivatives: Float32Array[] = [];
  let hasForgotten = false;

  return {
    timesteps,
    sigmas,
    initNoiseSigma: initialSigma(config, sigmas),
    scaleModelInput: (sample, stepIndex) => scaleBySigma(sample, sigmas[stepIndex]),
    step(modelOutput, stepIndex, sample) {
      const sigma = sigmas[stepIndex];
      const predOriginalSample = toOriginalSample(config.prediction_type, modelOutput, sample, sigma);
      derivatives = [combine(1 / sigma, sample, -1 / sigma, predOriginalSample), ...derivatives].slice(0, ORDER);
      // diffusers counts the order from the schedule's start, also when img2img enters it later; slopes it has not are left out.
      const order = hasForgotten ? derivatives.length : Math.min(stepIndex + 1, ORDER);
      const prevSample = derivatives.reduce(
        (x, derivative, k) => combine(1, x, lagrangeIntegral(sigmas, stepIndex, k, order), derivative),
        sample,
      );
      return { prevSample, predOriginalSample };
    },
    addNoise: (originalSample, noise, stepIndex) => combine(1, originalSample, sigmas[stepIndex], noise),
    forget() {
      derivatives = [];
      hasForgotten = true;
    },
  };
}

/** ∫ of the k-th Lagrange basis polynomial through the newest `order` σ, from σ_i to σ_{i+1}. */
function lagrangeIntegral(sigmas: number[], stepIndex: number, k: number, order: number): number {
  const basis = (tau: number) => {
    let product = 1;
    for (let j = 0; j < order; j++) {
      if (j === k) continue;
      product *= (tau - sigmas[stepIndex - j]) / (sigmas[stepIndex - k] - sigmas[stepIndex - j]);
    }
    return product;
  };
  const half = (sigmas[stepIndex + 1] - sigmas[stepIndex]) / 2;
  const middle = (sigmas[stepIndex + 1] + sigmas[stepIndex]) / 2;
  return GAUSS_NODES.reduce((sum, node, i) => sum + GAUSS_WEIGHTS[i] * half * basis(middle + half * node), 0);
}
