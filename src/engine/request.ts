/** From what was asked to what will be made: fills what the request left open and refuses what this model cannot do. */
import { randomInt } from 'node:crypto';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary } from '../protocol/messages.js';
import { type GenerationParams, PARAM_DEFAULTS, PARAM_LIMITS, stepsOfStrength } from '../protocol/params.js';
import { SEED_COUNT } from '../protocol/seed.js';

/** Everything that the picture depends on is known. */
export type ResolvedParams = GenerationParams & { guidanceScale: number; seed: number };

/** @param model the one that was asked for  @throws SafelightError INVALID_PARAMS (a size, with the nearest that work) | UNSUPPORTED */
export function resolveParams(params: GenerationParams, model: ModelSummary): ResolvedParams {
  checkSide('width', params.width, model);
  checkSide('height', params.height, model);
  const needsEncoder = params.initImage !== undefined || params.hiresScale !== undefined;
  if (needsEncoder && !model.img2img) {
    const what = params.initImage === undefined ? 'make a hires pass' : 'start from a picture';
    throw new SafelightError('UNSUPPORTED', `${model.id} has no vae_encoder, so it cannot ${what}`);
  }
  const strength = params.initImage === undefined ? undefined : (params.strength ?? PARAM_DEFAULTS.strength);
  if (strength !== undefined) checkBranchStep(params, strength);
  return {
    ...params,
    guidanceScale: params.guidanceScale ?? model.guidanceScale,
    seed: params.seed ?? randomInt(SEED_COUNT),
    strength,
  };
}

/** The request as its steps after `branchStep` follow it; the same where there is no branch. */
export function toBranched(params: ResolvedParams): ResolvedParams {
  return {
    ...params,
    prompt: params.branchPrompt ?? params.prompt,
    negativePrompt: params.branchNegativePrompt ?? params.negativePrompt,
    guidanceScale: params.branchGuidanceScale ?? params.guidanceScale,
    seed: params.branchSeed ?? params.seed,
  };
}

/** Image i uses seed + i, as diffusers and its peers number a batch; variations keep the seed and vary the other one. */
export function toSeeds({ seed, count, variationSeed }: ResolvedParams): number[] {
  return Array.from({ length: count }, (_, i) => (variationSeed === undefined ? (seed + i) % SEED_COUNT : seed));
}

/** What makes picture `image` of the job again, alone. */
export function paramsOfImage(params: ResolvedParams, image: number): ResolvedParams {
  const { variationSeed, branchSeed } = params;
  const lean = variationSeed === undefined ? {} : { variationSeed: (variationSeed + image) % SEED_COUNT };
  const branch = branchSeed === undefined ? {} : { branchSeed: toSeeds(toBranched(params))[image] };
  return { ...params, ...lean, ...branch, seed: toSeeds(params)[image], count: 1 };
}

/** The schema holds it below `steps`; img2img makes fewer. */
function checkBranchStep({ branchStep, steps }: GenerationParams, strength: number): void {
  const made = stepsOfStrength(steps, strength);
  if (branchStep === undefined || branchStep < made) return;
  refuse('branchStep', `must be below ${made}: that many of ${steps} steps are made at strength ${strength}`);
}

function checkSide(path: 'width' | 'height', side: number, { id, sizeMultipleOf }: ModelSummary): void {
  if (side % sizeMultipleOf === 0) return;
  const below = side - (side % sizeMultipleOf);
  const near = [below, below + sizeMultipleOf].filter(
    (value) => value >= PARAM_LIMITS.size.min && value <= PARAM_LIMITS.size.max,
  );
  const verb = near.length === 1 ? 'is' : 'are';
  refuse(path, `${id} makes multiples of ${sizeMultipleOf}; the nearest to ${side} ${verb} ${near.join(' and ')}`);
}

function refuse(path: keyof GenerationParams, message: string): never {
  throw new SafelightError('INVALID_PARAMS', `${path}: ${message}`, { issues: [{ path, message }] });
}
