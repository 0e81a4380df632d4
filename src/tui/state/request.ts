/** From the form, or from an earlier picture, to what is asked of the server. Pure. */
import { type GenerationRequest, PARAM_DEFAULTS, PARAM_LIMITS } from '../../protocol/params.js';
import { type FormState, promptsOf } from './form-state.js';

/** Input pictures are still to be read: `init` and `mask` name their files. */
export interface Draft {
  request: GenerationRequest;
  init: string | undefined;
  mask: string | undefined;
}

export function toDraft(form: FormState): Draft {
  const { init, mask, ...values } = form.values;
  const [prompt, negativePrompt] = promptsOf(form).map((text) => text.trim());
  const request = { ...values, prompt, ...(negativePrompt !== '' && { negativePrompt }) };
  return { request, init, mask };
}

/** @returns undefined when nothing is different from the branched job */
export function toBranch({ branch, ...form }: FormState): GenerationRequest | undefined {
  if (branch === undefined) return undefined;
  const { request } = toDraft({ ...form, branch: undefined });
  const { base, step } = branch;
  const changes = {
    ...(request.prompt !== base.prompt && { branchPrompt: request.prompt }),
    ...((request.negativePrompt ?? '') !== (base.negativePrompt ?? '') && {
      branchNegativePrompt: request.negativePrompt ?? '',
    }),
    ...(request.guidanceScale !== base.guidanceScale && { branchGuidanceScale: request.guidanceScale }),
    ...(request.seed !== base.seed && { branchSeed: request.seed }),
  };
  const isChanged = Object.values(changes).some((value) => value !== undefined);
  return isChanged ? { ...base, count: 1, branchStep: step, ...changes } : undefined;
}

/** Half as many again, at the same seed: finer, and mostly the same picture. */
export function withMoreSteps(request: GenerationRequest): GenerationRequest {
  const { steps = PARAM_DEFAULTS.steps, ...rest } = request;
  return { ...rest, steps: Math.min(PARAM_LIMITS.steps.max, Math.ceil(steps * 1.5)) };
}

/** Twice as large, or as large as may be. @returns undefined when it is that large already */
export function withHires(request: GenerationRequest): GenerationRequest | undefined {
  const { width = PARAM_DEFAULTS.width, height = PARAM_DEFAULTS.height } = request;
  const scale = Math.min(2, PARAM_LIMITS.hiresSide / Math.max(width, height));
  return request.hiresScale !== undefined || scale <= 1 ? undefined : { ...request, hiresScale: scale };
}

const VARIATIONS = { count: 4, variationStrength: 0.2 };

/** Four relatives of a picture: its noise, leaning a little to four others. */
export function withVariations(request: GenerationRequest, variationSeed: number): GenerationRequest {
  return { ...request, ...VARIATIONS, variationSeed };
}
