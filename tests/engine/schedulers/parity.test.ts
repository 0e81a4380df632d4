/** Trajectories against diffusers' (tests/goldens/schedulers.json), with the model in closed form. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTorchGenerator } from '../../../src/engine/random.js';
import { createScheduler } from '../../../src/engine/schedulers/index.js';
import { closedFormModel } from '../../support/closed-form-model.js';
import { GOLDENS, largestDifference } from '../../support/goldens.js';

interface Trajectory {
  name: string;
  scheduler: string;
  config: Record<string, unknown>;
  steps: number;
  seed: number;
  strength: number | null;
  init_noise_sigma: number;
  timesteps: number[];
  initial_noise: number[];
  step_noise: number[][];
  latents: number[][];
}

const cases = ['schedulers.json', 'more-schedulers.json'].flatMap(
  (file) => (JSON.parse(readFileSync(join(GOLDENS, file), 'utf8')) as { cases: Trajectory[] }).cases,
);

/** The run of tests/goldens/README.md: initial noise, or the init image under it, then step by step. */
function run(
  golden: Trajectory,
  drawNoise: () => Float32Array,
): { timesteps: readonly number[]; latents: Float32Array[] } {
  const modelConfig = { ...golden.config, _class_name: golden.scheduler };
  const scheduler = createScheduler({ modelConfig, steps: golden.steps, strength: golden.strength ?? undefined });
  const noise = Float32Array.from(golden.initial_noise);
  let sample =
    golden.strength === null
      ? noise.map((value) => value * scheduler.initNoiseSigma)
      : scheduler.addNoise(
          noise.map((_, i) => Math.sin(i)),
          noise,
          0,
        );
  const latents = scheduler.timesteps.map((timestep, stepIndex) => {
    const output = closedFormModel(scheduler.scaleModelInput(sample, stepIndex), timestep);
    sample = scheduler.step(output, stepIndex, sample, drawNoise).prevSample;
    return sample;
  });
  return { timesteps: scheduler.timesteps, latents };
}

describe.each(cases)('$name', (golden) => {
  test('timesteps and latents are diffusers’', () => {
    const draws = golden.step_noise.map((draw) => Float32Array.from(draw));
    const { timesteps, latents } = run(golden, () => draws.shift() ?? new Float32Array());
    expect(timesteps).toHaveLength(golden.timesteps.length);
    expect(largestDifference(timesteps, golden.timesteps)).toBeLessThan(1e-3);
    for (const [step, want] of golden.latents.entries()) {
      const largest = Math.max(...want.map(Math.abs));
      expect(largestDifference(latents[step], want) / largest, `step ${step + 1}`).toBeLessThan(1e-4);
    }
    expect(draws).toHaveLength(0);
  });

  test('the noise of its steps is drawn from the picture’s own generator', () => {
    const { randn } = createTorchGenerator(golden.seed);
    expect(largestDifference(randn(golden.initial_noise.length), golden.initial_noise)).toBeLessThan(2e-6);
    for (const draw of golden.step_noise) expect(largestDifference(randn(draw.length), draw)).toBeLessThan(2e-6);
  });
});
