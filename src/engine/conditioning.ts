/** What a request asks of the picture, as the UNet's extra inputs: prompts, and what each family adds to them. */
import type { Pipeline } from './pipeline.js';
import { fitChunks, type PromptChunk, toChunks } from './prompt-chunks.js';
import type { ResolvedParams } from './request.js';
import type { TensorData } from './session.js';
import { concatAxis, zerosLike } from './tensor.js';
import { type EncodedText, encodeText } from './text-encoder.js';

export interface Conditioning {
  /** Above 1: the inputs are a batch of two, negative prompt first, for classifier-free guidance. */
  guidanceScale: number;
  /** `encoder_hidden_states [b, tokens, dim]`; SDXL `text_embeds [b, dim]`, `time_ids [b, 6]`; LCM `timestep_cond [b, dim]`. */
  inputs: Record<string, TensorData>;
}

interface Prompt {
  text: string;
  clipSkip: number;
}

/** @throws SafelightError UNSUPPORTED (clipSkip) */
export async function encodeConditioning(pipeline: Pipeline, params: ResolvedParams): Promise<Conditioning> {
  // A model distilled with guidance takes the scale as an input of its own and runs once a step.
  const distilled = pipeline.unet.inputNames.includes('timestep_cond');
  const guided = !distilled && params.guidanceScale > 1;
  // diffusers skips layers for the prompt only, never for the negative one.
  const positive: Prompt = { text: params.prompt, clipSkip: params.clipSkip };
  const prompts = guided ? [{ text: params.negativePrompt, clipSkip: 1 }, positive] : [positive];
  const [first, second] = await encodePrompts(pipeline, prompts);
  const negative = guided && usesZeros(pipeline, params) ? toZeros(first) : first;
  const text = second === undefined ? negative : concatTexts(negative, second);
  const inputs: Record<string, TensorData> = { encoder_hidden_states: text.hiddenStates };
  if (text.textEmbeds !== undefined && pipeline.unet.inputNames.includes('text_embeds')) {
    inputs.text_embeds = text.textEmbeds;
    inputs.time_ids = toTimeIds(params, prompts.length);
  }
  if (distilled) inputs.timestep_cond = toGuidanceEmbedding(params.guidanceScale, guidanceDim(pipeline));
  return { guidanceScale: guided ? params.guidanceScale : 1, inputs };
}

/** Every prompt through every text encoder, their states side by side, all of one length. */
async function encodePrompts(pipeline: Pipeline, prompts: Prompt[]): Promise<EncodedText[]> {
  const chunked = pipeline.textEncoders.map(({ tokenizer }) => prompts.map(({ text }) => toChunks(tokenizer, text)));
  const count = chunkCount(pipeline, chunked.flat());
  const texts: EncodedText[] = [];
  for (const [promptIndex, { clipSkip }] of prompts.entries()) {
    const parts: EncodedText[] = [];
    for (const [i, encoder] of pipeline.textEncoders.entries()) {
      parts.push(await encodeText(encoder, fitChunks(encoder.tokenizer, chunked[i][promptIndex], count), clipSkip));
    }
    texts.push(parts.reduce(joinEncoders));
  }
  return texts;
}

function joinEncoders(a: EncodedText, b: EncodedText): EncodedText {
  return { hiddenStates: concatAxis(a.hiddenStates, b.hiddenStates, 2), textEmbeds: b.textEmbeds ?? a.textEmbeds };
}

/** As many chunks as the longest prompt needs, or as a UNet of fixed length can take. */
function chunkCount({ unet }: Pipeline, chunked: PromptChunk[][]): number {
  const [, tokens] = unet.inputShape('encoder_hidden_states');
  const longest = Math.max(...chunked.map((chunks) => chunks.length));
  return typeof tokens === 'number' ? Math.min(longest, tokens / chunked[0][0].ids.length) : longest;
}

/** `force_zeros_for_empty_prompt` of SDXL's model_index.json. */
function usesZeros({ folder }: Pipeline, { negativePrompt }: ResolvedParams): boolean {
  return folder.forceZerosForEmptyPrompt && negativePrompt === '';
}

function toZeros({ hiddenStates, textEmbeds }: EncodedText): EncodedText {
  return { hiddenStates: zerosLike(hiddenStates), textEmbeds: textEmbeds && zerosLike(textEmbeds) };
}

function concatTexts(a: EncodedText, b: EncodedText): EncodedText {
  const textEmbeds = a.textEmbeds && b.textEmbeds && concatAxis(a.textEmbeds, b.textEmbeds, 0);
  return { hiddenStates: concatAxis(a.hiddenStates, b.hiddenStates, 0), textEmbeds };
}

/** SDXL's micro-conditioning as diffusers defaults it: original size, crop corner, target size, each (height, width). */
function toTimeIds({ width, height }: ResolvedParams, batch: number): TensorData {
  const row = [height, width, 0, 0, height, width];
  return { data: Array.from({ length: batch }, () => row).flat(), dims: [batch, row.length] };
}

function guidanceDim({ folder, unet }: Pipeline): number {
  return folder.timeCondDim ?? Number(unet.inputShape('timestep_cond')[1]);
}

/** The sinusoidal embedding of (guidanceScale − 1) · 1000 (LCM, arXiv 2310.04378; diffusers' get_guidance_scale_embedding). */
function toGuidanceEmbedding(guidanceScale: number, dim: number): TensorData {
  const half = Math.floor(dim / 2);
  const angles = Array.from(
    { length: half },
    (_, i) => (guidanceScale - 1) * 1000 * Math.exp((-Math.log(10_000) * i) / (half - 1)),
  );
  return { data: [...angles.map(Math.sin), ...angles.map(Math.cos)], dims: [1, half * 2] };
}
