/** The model output of tests/goldens/schedulers.py in closed form, so that a scheduler can be checked with no model at all. */

/** 0.3 · x · cos(t / 200) + 0.1 · sin(i + t / 100), where i is the flat index. */
export function closedFormModel(sample: Float32Array, timestep: number): Float32Array {
  return sample.map((x, i) => 0.3 * x * Math.cos(timestep / 200) + 0.1 * Math.sin(i + timestep / 100));
}
