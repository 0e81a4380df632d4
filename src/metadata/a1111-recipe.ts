/** A request of ours from AUTOMATIC1111's text, which Forge, our own files and many others write. */
import { parseA1111Parameters } from './a1111.js';
import { readA1111Sampler } from './a1111-sampler.js';
import { readVariation } from './dialect.js';
import { createFileValues, type FileValues } from './file-values.js';
import { toFileName } from './model-file.js';
import type { Recipe } from './recipe.js';

/** Keys that say nothing of the pixels. */
const SILENT = ['User', 'Model hash', 'Base model hash', 'Batch size', 'Batch pos', 'Metadata scheme', 'Created Date'];
/** Forge writes these of its hires pass always: they say something only where they differ. */
const ECHOES = [
  ['Hires CFG Scale', 'CFG scale'],
  ['Hires steps', 'Steps'],
  ['Hires sampler', 'Sampler'],
  ['Hires schedule type', 'Schedule type'],
];
/** A picture from text never has these (img2img.py, processing.py; SD.Next's infotext). */
const MASK_KEYS = ['Mask blur', 'Mask mode', 'Masked content', 'Inpaint area', 'Masked area padding', 'Mask weight'];
const IMAGE_KEYS = [
  'Init image hash',
  'Init image size',
  'Resize mode',
  'Image CFG scale',
  'Noise multiplier',
  ...MASK_KEYS,
];

/** @returns undefined when the text has no settings of a picture */
export function readA1111Recipe(text: string): Recipe | undefined {
  const parsed = parseA1111Parameters(text);
  if (parsed === undefined) return undefined;
  const unknown: string[] = [];
  const values = createFileValues(parsed.pairs, unknown);
  const version = values.text('Version');
  const writer = toWriter(version);
  nameNoise(values, writer, unknown);
  if (/<\w+:[^<>]+>/.test(parsed.prompt)) unknown.push('extra networks of the prompt: <…> is text to us');
  const start = readStart(values, writer, unknown);
  const model = values.text('Model', 'Base model');
  const params = {
    prompt: parsed.prompt,
    negativePrompt: parsed.negativePrompt,
    steps: values.whole('Steps'),
    guidanceScale: values.number('CFG scale', 'CFG Scale'), // comfy-image-saver writes the second
    seed: values.seed('Seed'),
    scheduler: readA1111Sampler(values, version, unknown),
    ...start.params,
    ...readVariation(values, 'Variation seed', 'Variation seed strength'),
    clipSkip: values.whole('Clip skip'),
    ...readBranch(values),
  };
  values.drop(
    ...SILENT,
    ...ECHOES.filter(([key, of]) => parsed.pairs.get(key) === parsed.pairs.get(of)).map(([key]) => key),
  );
  values.nameRest();
  return {
    writer,
    params,
    model: writer === 'safelight' ? model : model && toFileName(model),
    ...(start.isImage && { initImage: { sha256: undefined } }),
    ...(start.isMasked && { maskImage: { sha256: undefined } }),
    unknown,
  };
}

function toWriter(version = ''): Recipe['writer'] {
  const writers = ['safelight', 'Fooocus', 'ComfyUI'] as const;
  return writers.find((each) => version.startsWith(each)) ?? 'AUTOMATIC1111';
}

function nameNoise(values: FileValues, writer: Recipe['writer'], unknown: string[]): void {
  if (writer !== 'safelight')
    unknown.push('how its sampler spaced the steps and counted the strength: ours do as diffusers does');
  const source = values.text('RNG') ?? (writer === 'AUTOMATIC1111' ? 'GPU' : 'CPU');
  if (source !== 'CPU') unknown.push('the first noise: it came from a GPU’s generator, ours is torch’s on the CPU');
}

interface Start {
  params: Record<string, number | undefined>;
  isImage: boolean;
  isMasked: boolean;
}

/** Sizes, and whether it is from text, from a picture, or has a hires pass: all three may have `Denoising strength`. */
function readStart(values: FileValues, writer: Recipe['writer'], unknown: string[]): Start {
  const { size, hiresScale } = readSizes(values, unknown);
  const denoising = values.number('Denoising strength');
  const upscaler = values.text('Hires upscaler');
  if (hiresScale !== undefined && upscaler !== 'Lanczos')
    unknown.push(`the upscaler ${upscaler ?? 'of its hires pass'}`);
  const isMasked = hiresScale === undefined && MASK_KEYS.some(values.has);
  if (hiresScale !== undefined)
    return { params: { ...size, hiresScale, hiresStrength: denoising }, isImage: false, isMasked };
  const isImage = IMAGE_KEYS.some(values.has) || (writer === 'safelight' && denoising !== undefined);
  if (denoising !== undefined && !isImage)
    unknown.push(
      `Denoising strength ${denoising}: this is read as a picture from text, as AUTOMATIC1111’s API writes it; it may have been made from another picture`,
    );
  return { params: { ...size, strength: isImage ? denoising : undefined }, isImage, isMasked };
}

/** `First pass size` is the hires pass of before January 2023: `Size` is that of the finished picture there. */
function readSizes(
  values: FileValues,
  unknown: string[],
): { size: Record<string, number | undefined>; hiresScale?: number } {
  const [size, first, resize] = ['Size', 'First pass size', 'Hires resize'].map((key) => toSize(values, key));
  const scale = values.number('Hires upscale');
  const [from, to] = first !== undefined && size !== undefined ? [toFirstPass(first, size), size] : [size, resize];
  const base = { width: from?.width, height: from?.height };
  if (from === undefined || to === undefined || scale !== undefined)
    return { size: base, ...(isScale(scale) && { hiresScale: scale }) };
  const [across, down] = [to.width / from.width, to.height / from.height];
  const fitted = across > 0 ? across : down; // a side of 0 follows from the other
  const isSkewed = across > 0 && down > 0 && Math.abs(across / down - 1) > 0.01;
  if (isSkewed || !isScale(fitted)) unknown.push(`the size of its hires pass: ${to.width}x${to.height}`);
  return { size: base, ...(isScale(fitted) && { hiresScale: fitted }) };
}

/** Where a side is 0, AUTOMATIC1111 chose the first pass: about 512×512, its sides rounded up to 64 (processing.py). */
function toFirstPass(first: Sides, size: Sides): Sides {
  if (first.width > 0 && first.height > 0) return first;
  const scale = Math.sqrt((512 * 512) / (size.width * size.height));
  const round = (side: number) => Math.ceil((scale * side) / 64) * 64;
  return { width: round(size.width), height: round(size.height) };
}

const isScale = (scale: number | undefined): scale is number =>
  scale !== undefined && Number.isFinite(scale) && scale > 1;

interface Sides {
  width: number;
  height: number;
}

function toSize(values: FileValues, key: string): Sides | undefined {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(values.text(key) ?? '') ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}

/** Keys of our own. */
function readBranch(values: FileValues): Record<string, string | number | undefined> {
  return {
    branchStep: values.whole('Branch step'),
    branchPrompt: values.text('Branch prompt'),
    branchNegativePrompt: values.text('Branch negative prompt'),
    branchGuidanceScale: values.number('Branch CFG scale'),
    branchSeed: values.seed('Branch seed'),
  };
}
