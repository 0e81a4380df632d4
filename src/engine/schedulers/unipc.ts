/**
 * UniPC, predictor and corrector in x0 (or ε) prediction: "UniPC: A Unified Predictor-Corrector Framework for Fast
 * Sampling of Diffusion Models" (arXiv 2302.04867), with B(h) of kind bh1 or bh2.
 * Checked against diffusers 0.42.1 scheduling_unipc_multistep.py by tests/goldens/schedulers.json.
 */
import { SafelightError } from '../../protocol/errors.js';
import type { SchedulerConfig } from './config.js';
import type { Scheduler } from './scheduler.js';
import {
  addSolverNoise,
  createSolverSchedule,
  type NoiseLevel,
  toNoiseLevel,
  toSolverPrediction,
} from './solver-schedule.js';

/** @throws SafelightError MODEL_INVALID for settings that divide infinity by infinity in the last step, in diffusers too */
export function createUnipc(config: SchedulerConfig, steps: number): Scheduler {
  if (config.final_sigmas_type === 'zero' && (config.solver_type === 'bh1' || !config.predict_x0)) {
    const setting = config.predict_x0 ? 'solver_type bh1' : 'predict_x0 false';
    throw new SafelightError(
      'MODEL_INVALID',
      `UniPC with ${setting} needs final_sigmas_type sigma_min: at zero it has no value`,
    );
  }
  const { timesteps, sigmas } = createSolverSchedule(config, steps, 'ramp');
  const levels = sigmas.map(toNoiseLevel);
  /** Converted model outputs, newest first. */
  let history: Float32Array[] = [];
  /** What the predictor of the last step started from, and its order. */
  let last: { sample: Float32Array; order: number } | undefined;

  return {
    timesteps,
    sigmas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(modelOutput, stepIndex, sample) {
      const prediction = toSolverPrediction(config, modelOutput, sample, sigmas[stepIndex]);
      const output = config.predict_x0 ? prediction.predOriginalSample : prediction.predEpsilon;
      // 1. Correct where we stand, now that the model has spoken here.
      const corrects = last !== undefined && !config.disable_corrector.includes(stepIndex - 1);
      const corrected =
        corrects && last !== undefined
          ? correct(config, levels, stepIndex, last.order, last.sample, history, output)
          : sample;
      // 2. Predict the next sample.
      history = [output, ...history].slice(0, config.solver_order);
      const left = config.lower_order_final ? timesteps.length - stepIndex : config.solver_order;
      const order = Math.min(config.solver_order, left, history.length);
      last = { sample: corrected, order };
      return {
        prevSample: predict(config, levels, stepIndex, order, corrected, history),
        predOriginalSample: prediction.predOriginalSample,
      };
    },
    addNoise: (original, noise, stepIndex) => addSolverNoise(original, noise, sigmas[stepIndex]),
    forget() {
      history = [];
      last = undefined; // else the corrector would take the step again that led elsewhere
    },
  };
}

/** UniP: from level i to i + 1 with outputs m_i, m_{i−1}, … */
function predict(
  config: SchedulerConfig,
  levels: NoiseLevel[],
  stepIndex: number,
  order: number,
  sample: Float32Array,
  history: Float32Array[],
): Float32Array {
  const { base, scale, h, b } = toExpansion(config, levels[stepIndex], levels[stepIndex + 1], order);
  const ratios = toRatios(levels, stepIndex, order, h);
  const rhos = order === 2 ? [0.5] : solvePowers(ratios, b.slice(0, order - 1));
  return sample.map((x, i) => {
    let residual = 0;
    for (let k = 0; k < order - 1; k++) residual += (rhos[k] * (history[k + 1][i] - history[0][i])) / ratios[k];
    return base(x, history[0][i]) - scale * residual;
  });
}

/** UniC: the same step again, from i − 1 to i, with the output at its end as one more point. */
function correct(
  config: SchedulerConfig,
  levels: NoiseLevel[],
  stepIndex: number,
  order: number,
  lastSample: Float32Array,
  history: Float32Array[],
  output: Float32Array,
): Float32Array {
  const { base, scale, h, b } = toExpansion(config, levels[stepIndex - 1], levels[stepIndex], order);
  const ratios = toRatios(levels, stepIndex - 1, order, h);
  const rhos = order === 1 ? [0.5] : solvePowers([...ratios, 1], b);
  return lastSample.map((x, i) => {
    let residual = rhos[order - 1] * (output[i] - history[0][i]);
    for (let k = 0; k < order - 1; k++) residual += (rhos[k] * (history[k + 1][i] - history[0][i])) / ratios[k];
    return base(x, history[0][i]) - scale * residual;
  });
}

/** r_k = (λ_{i−k} − λ_i) / h, for k = 1 … order − 1. */
function toRatios(levels: NoiseLevel[], stepIndex: number, order: number, h: number): number[] {
  return Array.from({ length: order - 1 }, (_, k) => (levels[stepIndex - k - 1].lambda - levels[stepIndex].lambda) / h);
}

/** The step without differences, what scales them, and the right-hand sides b_k of the order conditions. */
function toExpansion(config: SchedulerConfig, from: NoiseLevel, to: NoiseLevel, order: number) {
  const h = to.lambda - from.lambda;
  const hh = config.predict_x0 ? -h : h;
  const phi1 = Math.expm1(hh);
  const bh = config.solver_type === 'bh1' ? hh : phi1;
  const b: number[] = [];
  let phi = phi1 / hh - 1;
  let factorial = 1;
  for (let k = 1; k <= order; k++) {
    b.push((phi * factorial) / bh);
    factorial *= k + 1;
    phi = phi / hh - 1 / factorial;
  }
  const [sampleWeight, outputWeight] = config.predict_x0
    ? [to.sigma / from.sigma, to.alpha]
    : [to.alpha / from.alpha, to.sigma];
  return {
    base: (x: number, m0: number) => sampleWeight * x - outputWeight * phi1 * m0,
    scale: outputWeight * bh,
    h,
    b,
  };
}

/** Solves Σ_k ρ_k · r_k^(row) = b_row by Gaussian elimination: a Vandermonde system of at most three rows. */
function solvePowers(ratios: number[], b: number[]): number[] {
  const rows = b.map((value, power) => [...ratios.map((ratio) => ratio ** power), value]);
  for (let column = 0; column < rows.length; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && Math.abs(row[column]) > 1e-12);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = row[column] / rows[column][column];
      rows[i] = row.map((value, j) => value - factor * rows[column][j]);
    }
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}
