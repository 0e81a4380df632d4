/** One CLIP text encoder with its tokenizer: chunks → hidden states, weighted token by token. */
import { SafelightError } from '../protocol/errors.js';
import type { PromptChunk } from './prompt-chunks.js';
import type { Session, TensorData } from './session.js';
import { concatAxis } from './tensor.js';
import type { Tokenizer } from './tokenizer.js';

export interface TextEncoder {
  tokenizer: Tokenizer;
  session: Session;
  /** SDXL takes the layer before the last, without the final norm; the others the last, normed. */
  layer: 'last' | 'penultimate';
}

export interface EncodedText {
  /** `[1, tokens, dim]` */
  hiddenStates: TensorData;
  /** `[1, dim]`, where the graph projects the end mark (SDXL's second encoder). */
  textEmbeds: TensorData | undefined;
}

type Outputs = Awaited<ReturnType<Session['run']>>;

/**
 * @param clipSkip 1 = the family's usual layer, 2 = one before it, …
 * @throws SafelightError UNSUPPORTED when the graph does not give the layers that `clipSkip` asks for
 */
export async function encodeText(encoder: TextEncoder, chunks: PromptChunk[], clipSkip: number): Promise<EncodedText> {
  const encoded: TensorData[] = [];
  let textEmbeds: TensorData | undefined;
  for (const chunk of chunks) {
    const outputs = await encoder.session.run({
      [encoder.session.inputNames[0]]: { data: chunk.ids, dims: [1, chunk.ids.length] },
    });
    textEmbeds ??= outputs.text_embeds;
    encoded.push(applyWeights(pickLayer(encoder, outputs, clipSkip), chunk.weights));
  }
  return { hiddenStates: encoded.reduce((a, b) => concatAxis(a, b, 1)), textEmbeds };
}

function pickLayer({ session, layer }: TextEncoder, outputs: Outputs, clipSkip: number): TensorData {
  const last = outputs.last_hidden_state ?? outputs[session.outputNames[0]];
  const skipped = clipSkip - 1 + (layer === 'penultimate' ? 1 : 0);
  if (skipped === 0) return last;
  const layers = session.outputNames.filter((name) => name.startsWith('hidden_states.')).length;
  const hidden = outputs[`hidden_states.${layers - 1 - skipped}`];
  if (hidden === undefined) {
    const found = layers === 0 ? 'no hidden states' : `${layers} hidden states`;
    throw new SafelightError('UNSUPPORTED', `clipSkip ${clipSkip}: this model's ${session.name} gives ${found}`);
  }
  return layer === 'penultimate' ? hidden : applyFinalNorm(hidden, outputs[`hidden_states.${layers - 1}`], last);
}

/**
 * diffusers puts a skipped layer through CLIP's final norm, which the graph holds but does not offer. It is affine in each
 * channel (y = γ·x̂ + β), so the last layer before and after it, 77 tokens of one run, give γ and β by least squares.
 */
function applyFinalNorm(hidden: TensorData, beforeNorm: TensorData, afterNorm: TensorData): TensorData {
  const [, tokens, dim] = hidden.dims;
  const known = normalizeTokens(beforeNorm, dim);
  const data = normalizeTokens(hidden, dim);
  for (let d = 0; d < dim; d++) {
    let [sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0];
    for (let t = 0; t < tokens; t++) {
      const x = known[t * dim + d];
      const y = afterNorm.data[t * dim + d];
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    const gamma = (tokens * sumXY - sumX * sumY) / (tokens * sumXX - sumX * sumX);
    const beta = (sumY - gamma * sumX) / tokens;
    for (let t = 0; t < tokens; t++) data[t * dim + d] = gamma * data[t * dim + d] + beta;
  }
  return { data, dims: hidden.dims };
}

const LAYER_NORM_EPSILON = 1e-5;

/** (x − mean) / √(variance + ε) of each token. */
function normalizeTokens({ data }: TensorData, dim: number): Float32Array {
  const normalized = Float32Array.from(data);
  for (let start = 0; start < normalized.length; start += dim) {
    const token = normalized.subarray(start, start + dim);
    const mean = token.reduce((sum, x) => sum + x, 0) / dim;
    const variance = token.reduce((sum, x) => sum + (x - mean) ** 2, 0) / dim;
    const scale = 1 / Math.sqrt(variance + LAYER_NORM_EPSILON);
    for (let d = 0; d < dim; d++) token[d] = (token[d] - mean) * scale;
  }
  return normalized;
}

/** Each token's state times its weight, then all times one factor that keeps the mean, as AUTOMATIC1111 does it. */
function applyWeights(states: TensorData, weights: number[]): TensorData {
  if (weights.every((weight) => weight === 1)) return states;
  const [, , dim] = states.dims;
  const weighted = Float32Array.from(states.data, (value, i) => value * weights[Math.floor(i / dim)]);
  const factor = sum(states.data) / sum(weighted);
  return { data: weighted.map((value) => value * factor), dims: states.dims };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
