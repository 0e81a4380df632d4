/**
 * `scheduler_config.json`, parsed once: every key that changes the numbers is honoured, or refused when it is set to
 * something that is not implemented. Defaults are those of diffusers 0.42.1, which differ from class to class.
 */
import { z } from 'zod';
import { parseWith, SafelightError } from '../../protocol/errors.js';

/** A folder's file, as it is. */
export type SchedulerJson = Record<string, unknown>;

const ConfigSchema = z.looseObject({
  num_train_timesteps: z.int().min(1).max(100_000).default(1000),
  beta_start: z.number().default(0.0001),
  beta_end: z.number().default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  trained_betas: z.array(z.number()).min(1).nullable().default(null),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  rescale_betas_zero_snr: z.boolean().default(false),
  timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).default('linspace'),
  steps_offset: z.int().default(0),
  use_karras_sigmas: z.boolean().nullable().default(false),
  sigma_min: z.number().positive().nullable().default(null),
  sigma_max: z.number().positive().nullable().default(null),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().positive().default(1),
  set_alpha_to_one: z.boolean().default(true),
  algorithm_type: z.enum(['dpmsolver++', 'sde-dpmsolver++']).default('dpmsolver++'),
  solver_order: z.int().min(1).max(3).default(2),
  solver_type: z.enum(['midpoint', 'heun', 'bh1', 'bh2', 'logrho']).default('midpoint'),
  lower_order_final: z.boolean().default(true),
  euler_at_final: z.boolean().default(false),
  lambda_min_clipped: z.number().nullable().default(null),
  predict_x0: z.boolean().default(true),
  disable_corrector: z.array(z.int()).default([]),
  original_inference_steps: z.int().positive().default(50),
  timestep_scaling: z.number().default(10),
  interpolation_type: z.enum(['linear', 'log_linear']).default('linear'),
});
export type SchedulerConfig = z.infer<typeof ConfigSchema>;

/** Keys that change the numbers and are not implemented: any of these values but the first is refused. */
const ONLY: Record<string, readonly unknown[]> = {
  thresholding: [false, null],
  use_exponential_sigmas: [false, null],
  use_beta_sigmas: [false, null],
  use_lu_lambdas: [false, null],
  use_flow_sigmas: [false, null],
  use_dynamic_shifting: [false, null],
  timestep_type: ['discrete', null],
  variance_type: [null, 'fixed_small'],
  skip_prk_steps: [true],
  solver_p: [null],
  shift_terminal: [null],
};

/**
 * @param defaults of the class, where they differ from the common ones
 * @throws SafelightError MODEL_INVALID naming key and value
 */
export function parseSchedulerConfig(json: SchedulerJson, defaults: SchedulerJson): SchedulerConfig {
  for (const [key, allowed] of Object.entries(ONLY)) {
    const value = json[key] ?? defaults[key];
    if (value === undefined || allowed.includes(value)) continue;
    throw new SafelightError('MODEL_INVALID', `scheduler: ${key} ${JSON.stringify(value)} is not supported`);
  }
  return parseWith(ConfigSchema, { ...defaults, ...json }, 'MODEL_INVALID');
}
