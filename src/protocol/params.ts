/** What a picture is made from: the only home of the parameters' names, ranges, units and defaults (design §4, §8). */
import { z } from 'zod';
import { createSeedSchema, SEED_COUNT, SEED_WORDS, SeedSchema } from './seed.js';

export const SCHEDULER_NAMES = [
  'ddim',
  'pndm',
  'euler',
  'euler_karras',
  'euler_a',
  'heun',
  'lms',
  'dpmpp_2m',
  'dpmpp_2m_karras',
  'dpmpp_2m_sde',
  'dpmpp_2m_sde_karras',
  'unipc',
  'unipc_karras',
  'lcm',
] as const;
export const SchedulerNameSchema = z.enum(SCHEDULER_NAMES);
export type SchedulerName = z.infer<typeof SchedulerNameSchema>;

export const IMAGE_FORMATS = ['png', 'webp', 'jpeg'] as const;
export const ImageFormatSchema = z.enum(IMAGE_FORMATS);
export type ImageFormat = z.infer<typeof ImageFormatSchema>;

/** The limits of design §4, in one place: the schema, the option table and `GET /capabilities` all read them here. */
export const PARAM_LIMITS = {
  promptChars: 10_000,
  size: { min: 64, max: 2048, multipleOf: 8 },
  steps: { min: 1, max: 100 },
  guidanceScale: { min: 0, max: 20 },
  /** Of answers; requests may carry wider ones, which count mod 2^32. */
  seed: { min: 0, max: SEED_COUNT - 1 },
  count: { min: 1, max: 16 },
  clipSkip: { min: 1, max: 12 },
  branchStep: { min: 1, max: 99 },
  hiresScale: { min: 1, max: 4 },
  /** Of the finished picture, after the hires pass. */
  hiresSide: 2048,
  /** Base64 characters of one input image, about 15 MB of file. */
  imageChars: 20 * 1024 * 1024,
} as const;

export const PARAM_DEFAULTS = {
  negativePrompt: '',
  width: 512,
  height: 512,
  steps: 25,
  /** Used when neither the request nor the model's folder says otherwise. */
  guidanceScale: 7.5,
  strength: 0.6,
  hiresStrength: 0.5,
  count: 1,
  clipSkip: 1,
  format: 'png',
} as const;

const { size, steps, guidanceScale, count, clipSkip, branchStep, hiresScale } = PARAM_LIMITS;

/** zod's own words ("Too small: expected number to be >=256") are not for people. */
function wholeNumber({ min, max }: { min: number; max: number }) {
  const words = `must be a whole number from ${min} to ${max}`;
  return z.int(words).min(min, words).max(max, words);
}

const SideSchema = wholeNumber(size).multipleOf(size.multipleOf, `must be a multiple of ${size.multipleOf}`);
const PromptSchema = z
  .string()
  .max(PARAM_LIMITS.promptChars, `must have at most ${PARAM_LIMITS.promptChars} characters`);
const GivenPromptSchema = PromptSchema.refine((prompt) => prompt.trim() !== '', 'must not be empty');
const GUIDANCE_WORDS = `must be a number from ${guidanceScale.min} to ${guidanceScale.max}`;
const GuidanceSchema = z
  .number(GUIDANCE_WORDS)
  .min(guidanceScale.min, GUIDANCE_WORDS)
  .max(guidanceScale.max, GUIDANCE_WORDS);
const STRENGTH_WORDS = 'must be above 0, up to 1';
const StrengthSchema = z.number(STRENGTH_WORDS).gt(0, STRENGTH_WORDS).max(1, STRENGTH_WORDS);
const HIRES_WORDS = `must be above ${hiresScale.min}, up to ${hiresScale.max}`;
/** What may change at `branchStep`. */
const BRANCH_FIELDS = ['branchPrompt', 'branchNegativePrompt', 'branchGuidanceScale', 'branchSeed'] as const;
const Base64ImageSchema = z
  .base64('must be a picture file in base64')
  .min(1, 'is empty')
  .max(PARAM_LIMITS.imageChars, 'is larger than 15 MB; make it smaller');

/**
 * One request for pictures. Unknown keys are refused: a misspelt option must not be ignored in silence.
 * `guidanceScale`, `seed`, `scheduler` and `model` stay open here: the model's folder and the server fill them.
 */
export const GenerationParamsSchema = z
  .strictObject({
    prompt: GivenPromptSchema,
    negativePrompt: PromptSchema.default(PARAM_DEFAULTS.negativePrompt),
    width: SideSchema.default(PARAM_DEFAULTS.width),
    height: SideSchema.default(PARAM_DEFAULTS.height),
    steps: wholeNumber(steps).default(PARAM_DEFAULTS.steps),
    /** Classifier-free guidance; 0 or 1 = none. */
    guidanceScale: GuidanceSchema.optional(),
    /** Image i of the job uses seed + i (mod 2^32); left out = random, told in `started`. */
    seed: createSeedSchema(`${SEED_WORDS}; leave it out for a random one`).optional(),
    scheduler: SchedulerNameSchema.optional(),
    count: wholeNumber(count).default(PARAM_DEFAULTS.count),
    /** img2img: the picture to start from (base64 of any image file) and how much of it to repaint. */
    initImage: Base64ImageSchema.optional(),
    strength: StrengthSchema.optional(),
    /** inpaint: white = repaint. */
    maskImage: Base64ImageSchema.optional(),
    /** A little of another seed's noise; with it, image i uses variationSeed + i and the same seed. */
    variationSeed: SeedSchema.optional(),
    variationStrength: StrengthSchema.optional(),
    /** A second pass: the finished picture enlarged by this, then repainted by `hiresStrength`. */
    hiresScale: z.number(HIRES_WORDS).gt(hiresScale.min, HIRES_WORDS).max(hiresScale.max, HIRES_WORDS).optional(),
    hiresStrength: StrengthSchema.optional(),
    /** After so many steps the picture, and its hires pass, follows these; what is left out goes on as it was. */
    branchStep: wholeNumber(branchStep).optional(),
    branchPrompt: GivenPromptSchema.optional(),
    branchNegativePrompt: PromptSchema.optional(),
    branchGuidanceScale: GuidanceSchema.optional(),
    /** Other noise from there on; counted up from image to image as the seed is. */
    branchSeed: SeedSchema.optional(),
    model: z.string().min(1).max(200).optional(),
    /** 1 = the text encoder's last layer, as AUTOMATIC1111 counts. */
    clipSkip: wholeNumber(clipSkip).default(PARAM_DEFAULTS.clipSkip),
    format: ImageFormatSchema.default(PARAM_DEFAULTS.format),
  })
  .refine((p) => p.initImage !== undefined || (p.maskImage === undefined && p.strength === undefined), {
    message: 'is needed by strength and maskImage',
    path: ['initImage'],
  })
  .refine((p) => (p.variationSeed === undefined) === (p.variationStrength === undefined), {
    message: 'goes together with variationSeed',
    path: ['variationStrength'],
  })
  .refine((p) => p.hiresScale !== undefined || p.hiresStrength === undefined, {
    message: 'is needed by hiresStrength',
    path: ['hiresScale'],
  })
  .refine((p) => Math.max(p.width, p.height) * (p.hiresScale ?? 1) <= PARAM_LIMITS.hiresSide, {
    message: `makes sides above ${PARAM_LIMITS.hiresSide}`,
    path: ['hiresScale'],
  })
  .refine((p) => (p.branchStep === undefined) === BRANCH_FIELDS.every((field) => p[field] === undefined), {
    message: `goes together with at least one of ${BRANCH_FIELDS.join(', ')}`,
    path: ['branchStep'],
  })
  .refine((p) => p.branchStep === undefined || p.branchStep < p.steps, {
    message: 'must be below steps',
    path: ['branchStep'],
  });

export type GenerationParams = z.infer<typeof GenerationParamsSchema>;
type SeedField = 'seed' | 'variationSeed' | 'branchSeed';
/** What our clients send: everything but the prompt may be left out, and wide seeds were narrowed where they came in. */
export type GenerationRequest = Omit<z.input<typeof GenerationParamsSchema>, SeedField> &
  Pick<GenerationParams, SeedField>;

/** How many of `steps` img2img of this strength makes (diffusers' get_timesteps). */
export function stepsOfStrength(steps: number, strength: number): number {
  return Math.min(Math.floor(steps * strength), steps);
}
