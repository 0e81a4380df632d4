/**
 * The forward process: betas, their cumulative product, and which of its timesteps a run visits.
 * Papers: DDPM (arXiv 2006.11239), "Common Diffusion Noise Schedules and Sample Steps are Flawed" (2305.08891) for the
 * spacings and the zero terminal SNR. Checked against diffusers 0.42.1.
 */
import type { SchedulerConfig } from './config.js';

/** ᾱ_t for each training timestep. Rounded to float32 where torch stores float32: late timesteps feel it. */
export function createAlphasCumprod(config: SchedulerConfig): Float32Array {
  const betas = createBetas(config);
  const alphasCumprod = new Float32Array(betas.length);
  let product = 1;
  for (let t = 0; t < betas.length; t++) {
    product *= Math.fround(1 - betas[t]);
    alphasCumprod[t] = product;
  }
  return config.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(alphasCumprod) : alphasCumprod;
}

function createBetas(config: SchedulerConfig): Float32Array {
  const { num_train_timesteps: count, beta_start: start, beta_end: end, trained_betas: trained } = config;
  if (trained !== null) return Float32Array.from(trained);
  switch (config.beta_schedule) {
    case 'linear':
      return Float32Array.from(linspace(start, end, count));
    case 'scaled_linear':
      return Float32Array.from(linspace(Math.sqrt(start), Math.sqrt(end), count), (root) => Math.fround(root) ** 2);
    case 'squaredcos_cap_v2':
      return Float32Array.from({ length: count }, (_, t) =>
        Math.min(1 - cosineAlphaBar((t + 1) / count) / cosineAlphaBar(t / count), 0.999),
      );
  }
}

function cosineAlphaBar(t: number): number {
  return Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
}

/** Algorithm 1 of 2305.08891: √ᾱ shifted and scaled so that the last is zero and the first stays. */
function rescaleZeroTerminalSnr(alphasCumprod: Float32Array): Float32Array {
  const roots = alphasCumprod.map(Math.sqrt);
  const [first, last] = [roots[0], roots[roots.length - 1]];
  const bars = roots.map((root) => ((root - last) * first) / (first - last)).map((root) => root * root);
  // diffusers goes back to betas and forth again; each quotient is rounded to float32 on the way.
  let product = 1;
  return bars.map((bar, t) => {
    product *= Math.fround(1 - Math.fround(1 - (t === 0 ? bar : bar / bars[t - 1])));
    return product;
  });
}

/** numpy's linspace: both ends included. */
export function linspace(start: number, end: number, count: number): number[] {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => (i === count - 1 && count > 1 ? end : start + step * i));
}

/** numpy's round: ties go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Timesteps from the noisiest down, as Table 2 of 2305.08891 names the spacings.
 * @param fraction linspace of the sigma schedulers keeps fractions; the others round
 */
export function spaceTimesteps(config: SchedulerConfig, steps: number, fraction: 'keep' | 'round'): number[] {
  const { num_train_timesteps: total, steps_offset: offset, timestep_spacing: spacing } = config;
  switch (spacing) {
    case 'linspace': {
      const times = linspace(0, total - 1, steps).reverse();
      return fraction === 'keep' ? times.map(Math.fround) : times.map(roundHalfEven);
    }
    case 'leading': {
      const ratio = Math.floor(total / steps);
      return Array.from({ length: steps }, (_, i) => (steps - 1 - i) * ratio + offset);
    }
    case 'trailing':
      return trailingTimesteps(total, total / steps);
  }
}

/**
 * numpy's arange(last, 0, -ratio), rounded, less one; but 1000 / (1000 / 61) is 61.00000000000001 in floating point, and numpy, and
 * so diffusers, makes a 62nd timestep of it, at -1, where there is no noise level.
 */
export function trailingTimesteps(last: number, ratio: number): number[] {
  const count = Math.ceil(last / ratio - 1e-9);
  return Array.from({ length: count }, (_, i) => roundHalfEven(last - i * ratio) - 1);
}
