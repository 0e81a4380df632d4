/** What every scheduler promises the denoising loop, whatever its algorithm. */
import { describe, expect, test } from 'vitest';
import { createTorchGenerator } from '../../../src/engine/random.js';
import { createScheduler, toSchedulerName } from '../../../src/engine/schedulers/index.js';
import { countSteps, type Scheduler, stepEnds } from '../../../src/engine/schedulers/scheduler.js';
import { SCHEDULER_NAMES } from '../../../src/protocol/params.js';
import { closedFormModel } from '../../support/closed-form-model.js';
import { largestDifference } from '../../support/goldens.js';

const SD = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
};
const COUNT = 60;

function run(scheduler: Scheduler, seed = 1): Float32Array {
  const { randn } = createTorchGenerator(seed);
  let sample: Float32Array = randn(COUNT).map((value) => value * scheduler.initNoiseSigma);
  for (const [stepIndex, timestep] of scheduler.timesteps.entries()) {
    const output = closedFormModel(scheduler.scaleModelInput(sample, stepIndex), timestep);
    sample = scheduler.step(output, stepIndex, sample, () => randn(COUNT)).prevSample;
  }
  return sample;
}

const STOCHASTIC: string[] = ['euler_a', 'dpmpp_2m_sde', 'dpmpp_2m_sde_karras', 'lcm'];

/** How many model calls the first `steps` steps are. */
function callsOf(scheduler: Scheduler, steps: number): number {
  let done = 0;
  return stepEnds(scheduler).findIndex((isEnd) => isEnd && ++done === steps) + 1;
}

/**
 * The model calls from `from` to `to`, beginning under `noise`, with a model that knows the picture.
 * @returns also how wrong x0 was at worst, and how far the samples left the straight line from noise to picture
 */
function followTruth(scheduler: Scheduler, truth: Float32Array, noise: Float32Array, from: number, to: number) {
  let sample = scheduler.addNoise(truth, noise, from);
  let [wrong, aside] = [0, 0];
  for (let stepIndex = from; stepIndex < to; stepIndex++) {
    aside = Math.max(aside, largestDifference(sample, scheduler.addNoise(truth, noise, stepIndex)));
    // ε of the true picture in this sample: what addNoise put in, seen through the scheduler's own arithmetic.
    const signal = scheduler.addNoise(new Float32Array(COUNT).fill(1), new Float32Array(COUNT), stepIndex)[0];
    const spread = scheduler.addNoise(new Float32Array(COUNT), new Float32Array(COUNT).fill(1), stepIndex)[0];
    const epsilon = sample.map((x, i) => (x - signal * truth[i]) / spread);
    const stepped = scheduler.step(epsilon, stepIndex, sample, () => new Float32Array(COUNT));
    wrong = Math.max(wrong, largestDifference(stepped.predOriginalSample, truth));
    sample = stepped.prevSample;
  }
  return { sample, wrong, aside };
}

describe.each(SCHEDULER_NAMES)('%s', (name) => {
  const create = (steps: number, strength?: number) => createScheduler({ modelConfig: SD, name, steps, strength });

  test.each([1, 2, 4, 20])('%i steps end in a finite sample, times never rise', (steps) => {
    const scheduler = create(steps);
    expect(run(scheduler).every(Number.isFinite)).toBe(true);
    const { timesteps } = scheduler;
    expect(timesteps.length).toBeGreaterThanOrEqual(steps);
    expect(timesteps.every((timestep, i) => i === 0 || timestep <= timesteps[i - 1])).toBe(true);
    expect(timesteps.every((timestep) => timestep >= 0 && timestep <= 1000)).toBe(true);
  });

  test.each([
    [1, undefined, 1],
    [2, undefined, 2],
    [5, undefined, 5],
    [7, undefined, 7],
    [50, undefined, 50],
    [25, 0.6, 15],
    [5, 0.2, 1],
    [10, 0.2, 2],
    [10, 1, 10],
  ])('%i steps at strength %s are %i, and the last call ends the last one', (steps, strength, made) => {
    const scheduler = create(steps, strength);
    expect(countSteps(scheduler)).toBe(made);
    expect(stepEnds(scheduler)).toHaveLength(scheduler.timesteps.length);
    expect(stepEnds(scheduler).at(-1)).toBe(true);
  });

  test('the last of 61 trailing timesteps is a training timestep', () => {
    const modelConfig = { ...SD, timestep_spacing: 'trailing' };
    const make = () => createScheduler({ modelConfig, name, steps: 61 });
    if (name === 'lcm') return expect(make).toThrow(/at most 50 steps/);
    const scheduler = make();
    expect(countSteps(scheduler)).toBe(61);
    expect(Math.min(...scheduler.timesteps)).toBeGreaterThanOrEqual(0);
  });

  const truth = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i));
  const noiseOf = (seed: number) => createTorchGenerator(seed).randn(COUNT);

  test('a perfect model is followed to the picture: x0 is predicted at every step and reached at the end', () => {
    const scheduler = create(20);
    const { sample, wrong } = followTruth(scheduler, truth, noiseOf(3), 0, scheduler.timesteps.length);
    expect(wrong).toBeLessThan(name === 'lcm' ? 0.1 : 1e-3);
    expect(largestDifference(sample, truth)).toBeLessThan(0.1);
  });

  test.each([1, 2, 7, 19])(
    'after %i steps it can forget them, and goes from new noise straight to another picture',
    (step) => {
      const scheduler = create(20);
      const calls = callsOf(scheduler, step);
      const other = truth.map((value) => -value);
      followTruth(scheduler, other, noiseOf(3), 0, calls);
      scheduler.forget?.();
      const { sample, wrong, aside } = followTruth(scheduler, truth, noiseOf(4), calls, scheduler.timesteps.length);
      expect(wrong).toBeLessThan(name === 'lcm' ? 0.1 : 1e-3);
      if (!STOCHASTIC.includes(name)) expect(aside).toBeLessThan(1e-3);
      expect(largestDifference(sample, truth)).toBeLessThan(0.1);
    },
  );

  test('two runs share nothing, also when their steps alternate', () => {
    const want = run(create(6));
    const [a, b] = [create(6), create(6)];
    const samples: Float32Array[] = [a, b].map((scheduler) =>
      createTorchGenerator(1)
        .randn(COUNT)
        .map((x) => x * scheduler.initNoiseSigma),
    );
    const generators = [createTorchGenerator(1), createTorchGenerator(1)];
    for (const { randn } of generators) randn(COUNT);
    for (const [stepIndex, timestep] of a.timesteps.entries()) {
      for (const [i, scheduler] of [a, b].entries()) {
        const output = closedFormModel(scheduler.scaleModelInput(samples[i], stepIndex), timestep);
        samples[i] = scheduler.step(output, stepIndex, samples[i], () => generators[i].randn(COUNT)).prevSample;
      }
    }
    expect([...samples[0]]).toEqual([...want]);
    expect([...samples[1]]).toEqual([...want]);
  });

  test('a step changes neither the sample nor the model’s output', () => {
    const scheduler = create(4);
    const [sample, output] = [createTorchGenerator(5).randn(COUNT), createTorchGenerator(6).randn(COUNT)];
    const before = [[...sample], [...output]];
    scheduler.step(output, 0, sample, () => createTorchGenerator(7).randn(COUNT));
    expect([[...sample], [...output]]).toEqual(before);
  });

  test('strength enters the schedule late, and is refused when it leaves no step', () => {
    const [whole, late] = [create(10), create(10, 0.5)];
    expect(late.timesteps.length).toBeLessThan(whole.timesteps.length);
    expect(() => create(1, 0.5)).toThrow(/strength|steps/);
  });
});

describe('createScheduler', () => {
  test.each([
    ['an unknown class', { _class_name: 'MagicScheduler' }, /MagicScheduler is not supported/],
    ['no class', {}, /undefined is not supported/],
    ['thresholding', { _class_name: 'DDIMScheduler', thresholding: true }, /thresholding true/],
    ['Runge–Kutta steps', { _class_name: 'PNDMScheduler', skip_prk_steps: false }, /skip_prk_steps false/],
    ['Runge–Kutta steps by default', { _class_name: 'PNDMScheduler' }, /skip_prk_steps false/],
    ['beta sigmas', { _class_name: 'EulerDiscreteScheduler', use_beta_sigmas: true }, /use_beta_sigmas true/],
    ['flow matching', { _class_name: 'UniPCMultistepScheduler', use_flow_sigmas: true }, /use_flow_sigmas true/],
    ['an unknown spacing', { _class_name: 'DDIMScheduler', timestep_spacing: 'random' }, /timestep_spacing/],
    ['an old solver', { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver' }, /algorithm_type/],
    ['bh1 to the end', { _class_name: 'UniPCMultistepScheduler', solver_type: 'bh1' }, /final_sigmas_type/],
  ])('refuses %s', (_, modelConfig, words) => {
    expect(() => createScheduler({ modelConfig, steps: 4 })).toThrow(words);
  });

  test('keys that its class does not read are ignored, as diffusers ignores them', () => {
    const modelConfig = { ...SD, _class_name: 'EulerDiscreteScheduler', thresholding: true, clip_sample: true };
    expect(() => createScheduler({ modelConfig, steps: 4 })).not.toThrow();
  });

  test('an override keeps what belongs to the model and nothing else', () => {
    const folder = { ...SD, prediction_type: 'v_prediction', set_alpha_to_one: true, timestep_spacing: 'trailing' };
    const { timesteps } = createScheduler({ modelConfig: folder, name: 'ddim', steps: 4 });
    expect(timesteps).toEqual([999, 749, 499, 249]);
    const leading = createScheduler({
      modelConfig: { ...folder, timestep_spacing: 'linspace' },
      name: 'ddim',
      steps: 4,
    });
    expect(leading.timesteps).toEqual([751, 501, 251, 1]);
  });

  test.each([
    ['pndm', SD],
    ['dpmpp_2m', { _class_name: 'DPMSolverMultistepScheduler' }],
    ['dpmpp_2m_karras', { _class_name: 'DPMSolverMultistepScheduler', use_karras_sigmas: true }],
    ['dpmpp_2m_sde', { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++' }],
    ['euler', { _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading' }],
    [undefined, { _class_name: 'HeunDiscreteScheduler', use_karras_sigmas: true }],
  ])('a folder’s own scheduler is called %s', (name, modelConfig) => {
    expect(toSchedulerName(modelConfig)).toBe(name);
  });
});
