/**
 * Which order DPM-Solver++ takes at each step, against diffusers 0.42.1 scheduling_dpmsolver_multistep.py `step`: `lower_order_final`
 * counts below 15 steps only; the last step is of the first order with it, with `euler_at_final`, and where σ ends at zero.
 */
import { describe, expect, test } from 'vitest';
import { createScheduler } from '../../../src/engine/schedulers/index.js';

const sampleOf = (seed: number) => Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed * 7 + i));
const noNoise = () => new Float32Array(8);

/** How many model outputs, the newest included, a step's result depends on: that is its order. */
function orderAt(config: Record<string, unknown>, steps: number, at: number): number {
  const resultWith = (changed: number) => {
    const modelConfig = { _class_name: 'DPMSolverMultistepScheduler', beta_schedule: 'scaled_linear', ...config };
    const scheduler = createScheduler({ modelConfig, steps });
    // Each step is given its own sample: only the history leads from one step to another.
    let result = new Float32Array();
    for (let step = 0; step <= at; step++)
      result = Float32Array.from(
        scheduler.step(sampleOf(step === changed ? 99 : step), step, sampleOf(step + 50), noNoise).prevSample,
      );
    return result;
  };
  const unchanged = resultWith(-1);
  const isUsed = (step: number) => resultWith(step).some((value, i) => Math.abs(value - unchanged[i]) > 1e-7);
  return Array.from({ length: at + 1 }, (_, age) => age).findLastIndex((age) => isUsed(at - age)) + 1;
}

const ordersOf = (config: Record<string, unknown>, steps: number) =>
  Array.from({ length: steps }, (_, at) => orderAt(config, steps, at));

const second = { solver_order: 2, final_sigmas_type: 'sigma_min' };
const third = { solver_order: 3, final_sigmas_type: 'sigma_min' };

describe.each(['dpmsolver++', 'sde-dpmsolver++'])('%s', (algorithm_type) => {
  test.each([
    ['14 steps of the second order end lower', second, 14, [2, 2, 1]],
    ['15 do not', second, 15, [2, 2, 2]],
    ['16 do not', second, 16, [2, 2, 2]],
    ['14 steps of the third order go down one by one', third, 14, [3, 2, 1]],
    ['15 do not', third, 15, [3, 3, 3]],
    ['where σ ends at zero, 14 go down', { ...third, final_sigmas_type: 'zero' }, 14, [3, 2, 1]],
    ['and 15 only at the last', { ...third, final_sigmas_type: 'zero' }, 15, [3, 3, 1]],
    ['without lower_order_final 14 do not', { ...third, lower_order_final: false }, 14, [3, 3, 3]],
    ['euler_at_final is for any number', { ...third, euler_at_final: true }, 20, [3, 3, 1]],
  ])('%s', (_, config, steps, last) => {
    const orders = ordersOf({ ...config, algorithm_type }, steps);
    expect(orders.slice(0, 3)).toEqual(config.solver_order === 3 ? [1, 2, 3] : [1, 2, 2]);
    expect(orders.slice(-3)).toEqual(last);
  });
});
