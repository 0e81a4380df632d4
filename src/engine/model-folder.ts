/** A model folder in diffusers' ONNX layout, read and checked once, without opening a graph (docs/models.md). */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary } from '../protocol/messages.js';
import { PARAM_DEFAULTS } from '../protocol/params.js';
import { readModelJson } from './json-file.js';
import { checkSchedulerConfig, type SchedulerJson, toSchedulerName } from './schedulers/index.js';

/** Which text encoders and UNet inputs a pipeline has; `model_index.json` chooses, the graphs' inputs must agree. */
export type ModelFamily = 'sd' | 'sdxl' | 'lcm';

/** The names that diffusers, its ONNX classes and Optimum give to one thing. */
function classNames(stem: string): string[] {
  return ['', 'ORT', 'Onnx'].flatMap((prefix) =>
    ['', 'Img2Img', 'Inpaint'].map((task) => `${prefix}${stem}${task}Pipeline`),
  );
}
const CLASSES_OF_FAMILY: Record<ModelFamily, string[]> = {
  sd: classNames('StableDiffusion'),
  sdxl: classNames('StableDiffusionXL'),
  lcm: classNames('LatentConsistencyModel'),
};
/** What a folder without `safelight.json` recommends, where that differs from the general default. */
const FAMILY_DEFAULTS: Record<ModelFamily, { guidanceScale: number; steps: number }> = {
  sd: { guidanceScale: PARAM_DEFAULTS.guidanceScale, steps: PARAM_DEFAULTS.steps },
  sdxl: { guidanceScale: PARAM_DEFAULTS.guidanceScale, steps: PARAM_DEFAULTS.steps },
  lcm: { guidanceScale: 8.5, steps: 4 },
};

const ModelIndexSchema = z.looseObject({
  _class_name: z.string(),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
});

const UnetConfigSchema = z.looseObject({
  in_channels: z.int().positive(),
  block_out_channels: z.array(z.int().positive()).min(1),
  time_cond_proj_dim: z.int().positive().nullish(),
});

const TextConfigSchema = z.looseObject({ vocab_size: z.int().positive() });

/** Values that would change the numbers and that no supported family uses are refused, not ignored. */
const VaeConfigSchema = z.looseObject({
  latent_channels: z.int().positive(),
  block_out_channels: z.array(z.int().positive()).min(1),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.null().optional(),
  latents_mean: z.null().optional(),
  latents_std: z.null().optional(),
});

/**
 * diffusers' first ONNX exporter (classes `Onnx…`) wrote no config beside its graphs; it knew Stable Diffusion 1.x and 2.x
 * only, which share these values.
 */
const LEGACY = {
  unet: { in_channels: 4, block_out_channels: [320, 640, 1280, 1280] },
  vae: { latent_channels: 4, block_out_channels: [128, 256, 512, 512], scaling_factor: 0.18215 },
  text: { vocab_size: 49408 },
};

/** `output_range`: what the graph calls black and white; exports of TAESD differ. */
const PreviewDecoderSchema = z.looseObject({
  _class_name: z.string().optional(),
  scaling_factor: z.number().positive().optional(),
  output_range: z.tuple([z.number(), z.number()]).default([-1, 1]),
});

/** Our own optional page in a model folder: what the model's maker recommends. */
const SafelightJsonSchema = z.strictObject({
  name: z.string().optional(),
  licence: z.string().optional(),
  guidanceScale: z.number().min(0).max(20).optional(),
  /** For models trained to zero terminal SNR: about 0.7. */
  guidanceRescale: z.number().min(0).max(1).default(0),
  steps: z.int().min(1).max(100).optional(),
  /** Where the UNet takes sides that its down-sampling does not divide. */
  sizeMultipleOf: z.int().positive().optional(),
  /** Latent → RGB: one row [r, g, b] a latent channel, and a bias. */
  previewMatrix: z.array(z.tuple([z.number(), z.number(), z.number()])).optional(),
  previewBias: z.tuple([z.number(), z.number(), z.number()]).optional(),
});

export interface TextPart {
  /** Sub-folders. */
  encoder: string;
  tokenizer: string;
  /** Rows of the encoder's embedding. */
  vocabSize: number;
}

export interface PreviewDecoderConfig {
  scalingFactor: number;
  range: readonly [number, number];
}

export interface ModelFolder {
  dir: string;
  family: ModelFamily;
  summary: ModelSummary;
  schedulerConfig: SchedulerJson;
  textEncoders: TextPart[];
  forceZerosForEmptyPrompt: boolean;
  /** Of a UNet that takes the guidance scale as an input. */
  timeCondDim: number | undefined;
  latentChannels: number;
  /** Picture pixels per latent pixel. */
  vaeScaleFactor: number;
  scalingFactor: number;
  previewMatrix: readonly (readonly [number, number, number])[] | undefined;
  previewBias: readonly [number, number, number] | undefined;
  hasVaeEncoder: boolean;
  /** A UNet that takes mask and masked picture beside the latents. */
  inpainting: boolean;
  guidanceRescale: number;
  previewDecoder: PreviewDecoderConfig | undefined;
}

/** @throws SafelightError MODEL_NOT_FOUND | MODEL_INVALID naming the file and what was found in it */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const dir = resolve(path);
  if (!existsSync(dir)) throw new SafelightError('MODEL_NOT_FOUND', `there is no model folder ${dir}`);
  const index = await readModelJson(join(dir, 'model_index.json'), ModelIndexSchema);
  const family = toFamily(dir, index._class_name);
  const isLegacy = index._class_name.startsWith('Onnx');
  const unet = await readConfig(dir, 'unet', UnetConfigSchema, isLegacy ? LEGACY.unet : undefined);
  const vae = await readConfig(dir, 'vae_decoder', VaeConfigSchema, isLegacy ? LEGACY.vae : undefined);
  const schedulerConfig = await readModelJson(join(dir, 'scheduler', 'scheduler_config.json'), z.looseObject({}));
  checkScheduler(dir, schedulerConfig);
  const own = existsSync(join(dir, 'safelight.json'))
    ? await readModelJson(join(dir, 'safelight.json'), SafelightJsonSchema)
    : SafelightJsonSchema.parse({});
  checkFiles(dir, family);
  const textEncoders = await Promise.all(partsOf(family).map((parts) => readTextPart(dir, parts, isLegacy)));
  const vaeScaleFactor = 2 ** (vae.block_out_channels.length - 1);
  const hasVaeEncoder = existsSync(graphPath(dir, 'vae_encoder'));
  return {
    dir,
    family,
    summary: {
      id: basename(dir),
      name: own.name ?? basename(dir),
      licence: own.licence,
      sizeMultipleOf: own.sizeMultipleOf ?? vaeScaleFactor * 2 ** (unet.block_out_channels.length - 1),
      guidanceScale: own.guidanceScale ?? FAMILY_DEFAULTS[family].guidanceScale,
      steps: own.steps ?? FAMILY_DEFAULTS[family].steps,
      scheduler: toSchedulerName(schedulerConfig),
      img2img: hasVaeEncoder,
    },
    schedulerConfig,
    textEncoders,
    forceZerosForEmptyPrompt: index.force_zeros_for_empty_prompt ?? false,
    timeCondDim: unet.time_cond_proj_dim ?? undefined,
    latentChannels: vae.latent_channels,
    vaeScaleFactor,
    scalingFactor: vae.scaling_factor,
    previewMatrix: own.previewMatrix,
    previewBias: own.previewBias,
    hasVaeEncoder,
    inpainting: isInpainting(dir, unet.in_channels, vae.latent_channels),
    guidanceRescale: own.guidanceRescale,
    previewDecoder: await readPreviewDecoder(dir, vae.scaling_factor),
  };
}

export function graphPath(dir: string, part: string): string {
  return join(dir, part, 'model.onnx');
}

function toFamily(dir: string, className: string): ModelFamily {
  for (const family of Object.keys(CLASSES_OF_FAMILY) as ModelFamily[]) {
    if (CLASSES_OF_FAMILY[family].includes(className)) return family;
  }
  const known = 'Stable Diffusion 1.x and 2.x, Stable Diffusion XL, Latent Consistency Models';
  const file = join(dir, 'model_index.json');
  throw new SafelightError('MODEL_INVALID', `${file}: the pipeline ${className} is not supported; these are: ${known}`);
}

/** @param fallback where the file may be missing */
async function readConfig<T extends z.ZodType>(
  dir: string,
  part: string,
  schema: T,
  fallback: z.input<T> | undefined,
): Promise<z.output<T>> {
  const file = join(dir, part, 'config.json');
  return fallback === undefined || existsSync(file) ? readModelJson(file, schema) : schema.parse(fallback);
}

/** [text encoder, its tokenizer], by folder name. */
function partsOf(family: ModelFamily): [string, string][] {
  const first: [string, string] = ['text_encoder', 'tokenizer'];
  return family === 'sdxl' ? [first, ['text_encoder_2', 'tokenizer_2']] : [first];
}

async function readTextPart(dir: string, [encoder, tokenizer]: [string, string], isLegacy: boolean): Promise<TextPart> {
  const config = await readConfig(dir, encoder, TextConfigSchema, isLegacy ? LEGACY.text : undefined);
  return { encoder, tokenizer, vocabSize: config.vocab_size };
}

function checkScheduler(dir: string, config: SchedulerJson): void {
  try {
    checkSchedulerConfig(config);
  } catch (cause) {
    const why = cause instanceof SafelightError ? cause.message : String(cause);
    throw new SafelightError('MODEL_INVALID', `${join(dir, 'scheduler', 'scheduler_config.json')}: ${why}`, { cause });
  }
}

function checkFiles(dir: string, family: ModelFamily): void {
  const graphs = [...partsOf(family).map(([encoder]) => encoder), 'unet', 'vae_decoder'];
  const tables = partsOf(family).flatMap(([, tokenizer]) => tokenizerFiles(join(dir, tokenizer)));
  const needed = [...graphs.map((part) => graphPath(dir, part)), ...tables];
  const missing = needed.filter((file) => !existsSync(file));
  if (missing.length > 0)
    throw new SafelightError('MODEL_INVALID', `missing from the model folder: ${missing.join(', ')}`);
}

/** transformers 5 writes all in one file. */
function tokenizerFiles(tokenizer: string): string[] {
  const names = existsSync(join(tokenizer, 'tokenizer.json')) ? [] : ['vocab.json', 'merges.txt'];
  return names.map((name) => join(tokenizer, name));
}

/** @throws SafelightError MODEL_INVALID for any other number of channels */
function isInpainting(dir: string, unetChannels: number, latentChannels: number): boolean {
  if (unetChannels === latentChannels) return false;
  if (unetChannels === 2 * latentChannels + 1) return true;
  const found = `${unetChannels} input channels for ${latentChannels} latent channels`;
  throw new SafelightError(
    'MODEL_INVALID',
    `${join(dir, 'unet', 'config.json')}: ${found} is no kind that is supported`,
  );
}

/** TAESD (diffusers' AutoencoderTiny) takes latents as the UNet has them; others may say otherwise. */
async function readPreviewDecoder(dir: string, scalingFactor: number): Promise<PreviewDecoderConfig | undefined> {
  if (!existsSync(graphPath(dir, 'preview_decoder'))) return undefined;
  const file = join(dir, 'preview_decoder', 'config.json');
  if (!existsSync(file)) return { scalingFactor, range: [-1, 1] };
  const config = await readModelJson(file, PreviewDecoderSchema);
  const usual = config._class_name === 'AutoencoderTiny' ? 1 : scalingFactor;
  return { scalingFactor: config.scaling_factor ?? usual, range: config.output_range };
}
