/** A prompt of any length → chunks of 77 tokens, each with its begin and end mark, and a weight a token. */
import { parsePrompt, type WeightedText } from './prompt-syntax.js';
import type { Tokenizer } from './tokenizer.js';

export interface PromptChunk {
  /** `maxLength` ids: begin, text, end, padding. */
  ids: number[];
  /** One a token; 1 for marks and padding. */
  weights: number[];
}

interface WeightedToken {
  id: number;
  weight: number;
}

/** At least one chunk; `BREAK` fills up the one before it. A plain prompt of up to 75 tokens is just what diffusers makes. */
export function toChunks(tokenizer: Tokenizer, prompt: string): PromptChunk[] {
  const room = tokenizer.maxLength - 2;
  return parsePrompt(prompt).flatMap((group) => {
    const tokens = group.flatMap((run) => toTokens(tokenizer, run));
    const count = Math.max(1, Math.ceil(tokens.length / room));
    return Array.from({ length: count }, (_, i) => toChunk(tokenizer, tokens.slice(i * room, (i + 1) * room)));
  });
}

/** Lengthens with empty chunks, or cuts: both prompts of a guided step need the same length. */
export function fitChunks(tokenizer: Tokenizer, chunks: PromptChunk[], count: number): PromptChunk[] {
  const missing = Math.max(0, count - chunks.length);
  return [...chunks.slice(0, count), ...Array.from({ length: missing }, () => toChunk(tokenizer, []))];
}

function toTokens(tokenizer: Tokenizer, { text, weight }: WeightedText): WeightedToken[] {
  return tokenizer.encode(text).map((id) => ({ id, weight }));
}

function toChunk({ bosId, eosId, padId, maxLength }: Tokenizer, tokens: WeightedToken[]): PromptChunk {
  const padding = maxLength - tokens.length - 2;
  return {
    ids: [bosId, ...tokens.map(({ id }) => id), eosId, ...Array<number>(padding).fill(padId)],
    weights: [1, ...tokens.map(({ weight }) => weight), 1, ...Array<number>(padding).fill(1)],
  };
}
