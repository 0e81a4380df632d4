/**
 * DPM-Solver++ (multistep) and its stochastic form: "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion
 * Probabilistic Models" (arXiv 2211.01095), Algorithm 2; orders 1 to 3.
 * Checked against diffusers 0.42.1 scheduling_dpmsolver_multistep.py by tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import type { Scheduler } from './scheduler.js';
import {
  addSolverNoise,
  createSolverSchedule,
  type NoiseLevel,
  toNoiseLevel,
  toSolverPrediction,
} from './solver-schedule.js';

/** Below this many steps the last ones fall back to lower orders, for stability. */
const FEW_STEPS = 15;

export function createDpmSolverMultistep(config: SchedulerConfig, steps: number): Scheduler {
  const { timesteps, sigmas } = createSolverSchedule(config, steps, 'training');
  const levels = sigmas.map(toNoiseLevel);
  const stochastic = config.algorithm_type === 'sde-dpmsolver++';
  /** x0 of the newest steps, newest first. */
  let history: Float32Array[] = [];

  function orderAt(stepIndex: number): number {
    const left = timesteps.length - stepIndex;
    const careful = config.lower_order_final && timesteps.length < FEW_STEPS;
    const first = left === 1 && (config.euler_at_final || careful || config.final_sigmas_type === 'zero');
    const limit = first ? 1 : left === 2 && careful ? 2 : config.solver_order;
    return Math.min(limit, history.length);
  }

  return {
    timesteps,
    sigmas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(modelOutput, stepIndex, sample, drawNoise) {
      const { predOriginalSample } = toSolverPrediction(config, modelOutput, sample, sigmas[stepIndex]);
      history = [predOriginalSample, ...history].slice(0, config.solver_order);
      const order = orderAt(stepIndex);
      const differences = toDifferences(history, levels, stepIndex, order);
      const weights = toWeights(config, levels[stepIndex], levels[stepIndex + 1], order);
      const noise = stochastic ? drawNoise() : undefined;
      const prevSample = sample.map((x, i) => {
        let next = weights.sample * x + (noise === undefined ? 0 : weights.noise * noise[i]);
        for (let k = 0; k < order; k++) next += weights.differences[k] * differences[k][i];
        return next;
      });
      return { prevSample, predOriginalSample };
    },
    addNoise: (original, noise, stepIndex) => addSolverNoise(original, noise, sigmas[stepIndex]),
    forget() {
      history = [];
    },
  };
}

/** D0, D1, D2: x0 and its divided differences over λ, as many as the order. */
function toDifferences(
  history: Float32Array[],
  levels: NoiseLevel[],
  stepIndex: number,
  order: number,
): Float32Array[] {
  const [m0, m1, m2] = history;
  if (order === 1) return [m0];
  const lambda = (offset: number) => levels[stepIndex + offset].lambda;
  const h = lambda(1) - lambda(0);
  const r0 = (lambda(0) - lambda(-1)) / h;
  const near = m0.map((m, i) => (m - m1[i]) / r0);
  if (order === 2) return [m0, near];
  const r1 = (lambda(-1) - lambda(-2)) / h;
  const far = m1.map((m, i) => (m - m2[i]) / r1);
  const d1 = near.map((d, i) => d + (r0 / (r0 + r1)) * (d - far[i]));
  const d2 = near.map((d, i) => (d - far[i]) / (r0 + r1));
  return [m0, d1, d2];
}

interface Weights {
  sample: number;
  /** Of D0, D1, D2. */
  differences: number[];
  noise: number;
}

/** The exact integrals of e^λ against 1, λ and λ²; the SDE's are those of the doubled step. */
function toWeights(config: SchedulerConfig, from: NoiseLevel, to: NoiseLevel, order: number): Weights {
  const h = to.lambda - from.lambda;
  const stochastic = config.algorithm_type === 'sde-dpmsolver++';
  const span = stochastic ? 2 * h : h;
  const decay = Math.exp(-span);
  const d0 = to.alpha * (1 - decay);
  // h is infinite at σ = 0: there only the first order is asked for.
  const exactD1 = order > 1 ? to.alpha * ((decay - 1) / span + 1) : 0;
  const d1 = config.solver_type === 'heun' || order === 3 ? exactD1 : d0 / 2;
  const d2 = order === 3 ? secondWeight(to.alpha, span, decay, stochastic) : 0;
  return {
    sample: (to.sigma / from.sigma) * (stochastic ? Math.exp(-h) : 1),
    differences: [d0, d1, d2],
    noise: stochastic ? to.sigma * Math.sqrt(1 - decay) : 0,
  };
}

/** diffusers' two forms of the third order's last term differ in sign. */
function secondWeight(alpha: number, span: number, decay: number, stochastic: boolean): number {
  return stochastic ? alpha * ((1 - decay - span) / span ** 2 - 0.5) : -alpha * ((decay - 1 + span) / span ** 2 - 0.5);
}
