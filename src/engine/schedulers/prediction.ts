/** What a model's output means: epsilon, v or the sample itself, turned into x0 (and back into epsilon). */
import type { SchedulerConfig } from './config.js';

export interface Prediction {
  predOriginalSample: Float32Array;
  predEpsilon: Float32Array;
}

/**
 * For a sample x = √ᾱ · x0 + √(1 − ᾱ) · ε. v = √ᾱ · ε − √(1 − ᾱ) · x0 ("Progressive Distillation", arXiv 2202.00512).
 * @param alpha √ᾱ  @param sigma √(1 − ᾱ)
 */
export function toPrediction(
  type: SchedulerConfig['prediction_type'],
  modelOutput: Float32Array,
  sample: Float32Array,
  alpha: number,
  sigma: number,
): Prediction {
  switch (type) {
    case 'epsilon':
      return {
        predOriginalSample: sample.map((x, i) => (x - sigma * modelOutput[i]) / alpha),
        predEpsilon: modelOutput,
      };
    case 'sample':
      return {
        predOriginalSample: modelOutput,
        predEpsilon: sample.map((x, i) => (x - alpha * modelOutput[i]) / sigma),
      };
    case 'v_prediction':
      return {
        predOriginalSample: sample.map((x, i) => alpha * x - sigma * modelOutput[i]),
        predEpsilon: sample.map((x, i) => alpha * modelOutput[i] + sigma * x),
      };
  }
}

/** x0 of a sample that counts in σ: x = x0 + σ · ε, the model seeing x / √(σ² + 1). */
export function toOriginalSample(
  type: SchedulerConfig['prediction_type'],
  modelOutput: Float32Array,
  sample: Float32Array,
  sigma: number,
): Float32Array {
  switch (type) {
    case 'epsilon':
      return sample.map((x, i) => x - sigma * modelOutput[i]);
    case 'sample':
      return modelOutput;
    case 'v_prediction': {
      const variance = sigma * sigma + 1;
      return sample.map((x, i) => modelOutput[i] * (-sigma / Math.sqrt(variance)) + x / variance);
    }
  }
}

export function clampSample(config: SchedulerConfig, sample: Float32Array): Float32Array {
  if (!config.clip_sample) return sample;
  const range = config.clip_sample_range;
  return sample.map((x) => Math.min(Math.max(x, -range), range));
}

/** a · x + b · y, element by element. */
export function combine(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  return x.map((value, i) => a * value + b * y[i]);
}
