/** From a folder's `scheduler_config.json` and an asked name to a scheduler: the one table of classes and names. */
import { SafelightError } from '../../protocol/errors.js';
import { type SchedulerName, stepsOfStrength } from '../../protocol/params.js';
import { parseSchedulerConfig, type SchedulerConfig, type SchedulerJson } from './config.js';
import { createDdim } from './ddim.js';
import { createDpmSolverMultistep } from './dpm-solver-multistep.js';
import { createEuler } from './euler.js';
import { createEulerAncestral } from './euler-ancestral.js';
import { createHeun } from './heun.js';
import { createLcm } from './lcm.js';
import { createLms } from './lms.js';
import { createPndm } from './pndm.js';
import type { Scheduler } from './scheduler.js';
import { createUnipc } from './unipc.js';

export type { SchedulerJson };

interface SchedulerClass {
  /** @param strength of img2img, where the algorithm itself needs it */
  create(config: SchedulerConfig, steps: number, strength?: number): Scheduler;
  /** Keys beside the common ones that diffusers' class reads; it ignores all others, and so do we. */
  keys: readonly string[];
  /** diffusers 0.42.1's defaults where they differ from the common ones. */
  defaults: SchedulerJson;
  /** Model calls a step, where it is more than one: img2img enters between steps. */
  order?: number;
}

const COMMON_KEYS = [
  'num_train_timesteps',
  'beta_start',
  'beta_end',
  'beta_schedule',
  'trained_betas',
  'prediction_type',
  'timestep_spacing',
  'steps_offset',
];
const SIGMA_KEYS = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'];
const SOLVER_KEYS = [
  ...SIGMA_KEYS,
  'rescale_betas_zero_snr',
  'solver_order',
  'solver_type',
  'lower_order_final',
  'final_sigmas_type',
  'use_flow_sigmas',
  'use_dynamic_shifting',
  'thresholding',
];

const CLASSES: Record<string, SchedulerClass> = {
  DDIMScheduler: {
    create: createDdim,
    keys: ['clip_sample', 'clip_sample_range', 'set_alpha_to_one', 'rescale_betas_zero_snr', 'thresholding'],
    defaults: { timestep_spacing: 'leading', clip_sample: true },
  },
  PNDMScheduler: {
    create: createPndm,
    keys: ['set_alpha_to_one', 'skip_prk_steps'],
    defaults: { timestep_spacing: 'leading', set_alpha_to_one: false, skip_prk_steps: false },
  },
  EulerDiscreteScheduler: {
    create: createEuler,
    keys: [
      ...SIGMA_KEYS,
      'rescale_betas_zero_snr',
      'sigma_min',
      'sigma_max',
      'final_sigmas_type',
      'interpolation_type',
      'timestep_type',
    ],
    defaults: {},
  },
  EulerAncestralDiscreteScheduler: { create: createEulerAncestral, keys: ['rescale_betas_zero_snr'], defaults: {} },
  HeunDiscreteScheduler: {
    create: createHeun,
    keys: [...SIGMA_KEYS, 'clip_sample', 'clip_sample_range'],
    defaults: { beta_start: 0.00085, beta_end: 0.012 },
    order: 2,
  },
  LMSDiscreteScheduler: { create: createLms, keys: SIGMA_KEYS, defaults: {} },
  DPMSolverMultistepScheduler: {
    create: createDpmSolverMultistep,
    keys: [...SOLVER_KEYS, 'algorithm_type', 'euler_at_final', 'lambda_min_clipped', 'use_lu_lambdas', 'variance_type'],
    defaults: {},
  },
  UniPCMultistepScheduler: {
    create: createUnipc,
    keys: [...SOLVER_KEYS, 'sigma_min', 'sigma_max', 'predict_x0', 'disable_corrector', 'solver_p', 'shift_terminal'],
    defaults: { solver_type: 'bh2' },
  },
  LCMScheduler: {
    create: createLcm,
    keys: [
      'original_inference_steps',
      'timestep_scaling',
      'clip_sample',
      'clip_sample_range',
      'rescale_betas_zero_snr',
      'thresholding',
    ],
    defaults: { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', timestep_spacing: 'leading' },
  },
};

const KARRAS = { use_karras_sigmas: true };
const DPM = { algorithm_type: 'dpmsolver++' };
const DPM_SDE = { algorithm_type: 'sde-dpmsolver++' };

/** What a public name means: a class, and the settings that come with the name (tests/goldens/README.md). */
const NAMES: Record<SchedulerName, { className: string; settings: SchedulerJson }> = {
  ddim: {
    className: 'DDIMScheduler',
    settings: { clip_sample: false, set_alpha_to_one: false, steps_offset: 1 },
  },
  pndm: {
    className: 'PNDMScheduler',
    settings: { skip_prk_steps: true, set_alpha_to_one: false, steps_offset: 1 },
  },
  euler: { className: 'EulerDiscreteScheduler', settings: { steps_offset: 1 } },
  euler_karras: { className: 'EulerDiscreteScheduler', settings: { steps_offset: 1, ...KARRAS } },
  euler_a: { className: 'EulerAncestralDiscreteScheduler', settings: { steps_offset: 1 } },
  heun: { className: 'HeunDiscreteScheduler', settings: { steps_offset: 1 } },
  lms: { className: 'LMSDiscreteScheduler', settings: { steps_offset: 1 } },
  dpmpp_2m: { className: 'DPMSolverMultistepScheduler', settings: DPM },
  dpmpp_2m_karras: { className: 'DPMSolverMultistepScheduler', settings: { ...DPM, ...KARRAS } },
  dpmpp_2m_sde: { className: 'DPMSolverMultistepScheduler', settings: DPM_SDE },
  dpmpp_2m_sde_karras: { className: 'DPMSolverMultistepScheduler', settings: { ...DPM_SDE, ...KARRAS } },
  unipc: { className: 'UniPCMultistepScheduler', settings: {} },
  unipc_karras: { className: 'UniPCMultistepScheduler', settings: KARRAS },
  lcm: {
    className: 'LCMScheduler',
    settings: { original_inference_steps: 50, clip_sample: false, set_alpha_to_one: true, steps_offset: 1 },
  },
};

/** What belongs to the model, not to the algorithm: it survives when another scheduler is asked for. */
const MODEL_KEYS = [
  'num_train_timesteps',
  'beta_start',
  'beta_end',
  'beta_schedule',
  'trained_betas',
  'prediction_type',
  'rescale_betas_zero_snr',
];

export interface SchedulerRequest {
  /** The folder's `scheduler_config.json`. */
  modelConfig: SchedulerJson;
  /** Another scheduler than the folder's own. */
  name?: SchedulerName | undefined;
  steps: number;
  /** img2img: the share of the schedule that is run, from its end. */
  strength?: number | undefined;
}

/** @throws SafelightError MODEL_INVALID: a class or setting we have not; INVALID_PARAMS: strength leaves no step */
export function createScheduler({ modelConfig, name, steps, strength }: SchedulerRequest): Scheduler {
  const { className, json } = name === undefined ? ownScheduler(modelConfig) : namedScheduler(modelConfig, name);
  const found = findClass(className);
  const known = [...COMMON_KEYS, ...found.keys];
  const given = Object.fromEntries(Object.entries(json).filter(([key]) => known.includes(key)));
  const config = parseSchedulerConfig(given, found.defaults);
  const scheduler = found.create(config, steps, strength);
  return strength === undefined ? scheduler : startLate(scheduler, steps, strength, found.order ?? 1);
}

/** The public name of a folder's own scheduler; undefined when its settings have none. */
export function toSchedulerName(modelConfig: SchedulerJson): SchedulerName | undefined {
  const { className, json } = ownScheduler(modelConfig);
  const wanted = {
    karras: json.use_karras_sigmas ?? false,
    algorithm: json.algorithm_type ?? DPM.algorithm_type,
  };
  const names = Object.entries(NAMES) as [SchedulerName, (typeof NAMES)[SchedulerName]][];
  const match = names.find(
    ([, { className: other, settings }]) =>
      other === className &&
      (settings.use_karras_sigmas ?? false) === wanted.karras &&
      (settings.algorithm_type ?? wanted.algorithm) === wanted.algorithm,
  );
  return match?.[0];
}

/** Refuses at load what would fail at the first step. @throws SafelightError MODEL_INVALID */
export function checkSchedulerConfig(modelConfig: SchedulerJson): void {
  createScheduler({ modelConfig, steps: 1 });
}

function ownScheduler(modelConfig: SchedulerJson): { className: string; json: SchedulerJson } {
  return { className: String(modelConfig._class_name), json: modelConfig };
}

function namedScheduler(modelConfig: SchedulerJson, name: SchedulerName): { className: string; json: SchedulerJson } {
  const { className, settings } = NAMES[name];
  const kept = MODEL_KEYS.filter((key) => modelConfig[key] !== undefined).map((key) => [key, modelConfig[key]]);
  const trailing = modelConfig.timestep_spacing === 'trailing' ? { timestep_spacing: 'trailing' } : {};
  return { className, json: { ...Object.fromEntries(kept), ...trailing, ...settings } };
}

function findClass(className: string): SchedulerClass {
  const found = CLASSES[className];
  if (found !== undefined) return found;
  const known = Object.keys(CLASSES).join(', ');
  throw new SafelightError('MODEL_INVALID', `the scheduler ${className} is not supported; these are: ${known}`);
}

/** img2img enters the schedule late (diffusers' get_timesteps); indices count from there. */
function startLate(scheduler: Scheduler, steps: number, strength: number, order: number): Scheduler {
  const skipped = (steps - stepsOfStrength(steps, strength)) * order;
  const timesteps = scheduler.timesteps.slice(skipped);
  if (timesteps.length === 0) {
    const message = `strength ${strength} of ${steps} steps leaves no step to run; raise one of them`;
    throw new SafelightError('INVALID_PARAMS', `strength: ${message}`, { issues: [{ path: 'strength', message }] });
  }
  return {
    ...scheduler,
    timesteps,
    sigmas: scheduler.sigmas?.slice(skipped),
    scaleModelInput: (sample, stepIndex) => scheduler.scaleModelInput(sample, stepIndex + skipped),
    step: (modelOutput, stepIndex, sample, drawNoise) =>
      scheduler.step(modelOutput, stepIndex + skipped, sample, drawNoise),
    addNoise: (original, noise, stepIndex) => scheduler.addNoise(original, noise, stepIndex + skipped),
  };
}
