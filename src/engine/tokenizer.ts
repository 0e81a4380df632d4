/** CLIP's byte-pair tokenizer, from a folder's `vocab.json` and `merges.txt`, by @huggingface/tokenizers (checked against transformers' ids). */
import { join } from 'node:path';
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { SafelightError } from '../protocol/errors.js';
import { readModelJson, readModelText } from './json-file.js';

export interface Tokenizer {
  /** Tokens of one chunk with its two marks: 77 for every CLIP. */
  readonly maxLength: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  /** Ids of the text alone: no marks, no padding, no cut. */
  encode(text: string): number[];
}

const SpecialTokenSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform((t) => t.content)]);
const TokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().default(77),
  bos_token: SpecialTokenSchema.default('<|startoftext|>'),
  eos_token: SpecialTokenSchema.default('<|endoftext|>'),
  unk_token: SpecialTokenSchema.default('<|endoftext|>'),
  pad_token: SpecialTokenSchema.default('<|endoftext|>'),
});
type TokenizerConfig = z.infer<typeof TokenizerConfigSchema>;
const VocabSchema = z.record(z.string(), z.int());

/**
 * @param vocabSize rows of the text encoder's embedding: a larger id would read beyond it
 * @throws SafelightError MODEL_INVALID naming the file
 */
export async function readTokenizer(dir: string, vocabSize: number): Promise<Tokenizer> {
  const config = await readModelJson(join(dir, 'tokenizer_config.json'), TokenizerConfigSchema);
  const vocab = await readModelJson(join(dir, 'vocab.json'), VocabSchema);
  const largest = Object.values(vocab).reduce((a, b) => Math.max(a, b), 0);
  if (largest >= vocabSize) {
    const why = `has id ${largest}, but the text encoder knows ${vocabSize} tokens: is it another model's?`;
    throw new SafelightError('MODEL_INVALID', `${dir}/vocab.json ${why}`);
  }
  const merges = (await readModelText(join(dir, 'merges.txt')))
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#version'));
  const idOf = (token: string): number => {
    const id = vocab[token];
    if (id === undefined) throw new SafelightError('MODEL_INVALID', `${dir}/vocab.json has no token ${token}`);
    return id;
  };
  const bpe = createBpe(vocab, merges, config);
  return {
    maxLength: Math.min(config.model_max_length, 77),
    bosId: idOf(config.bos_token),
    eosId: idOf(config.eos_token),
    padId: idOf(config.pad_token),
    encode: (text) => bpe.encode(text, { add_special_tokens: false }).ids,
  };
}

/** The parts of transformers' CLIPTokenizer, spelled as a `tokenizer.json`, which old model folders do not have. */
function createBpe(vocab: Record<string, number>, merges: string[], config: TokenizerConfig): HfTokenizer {
  const special = (content: string) => ({
    id: vocab[content],
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const split = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  const json = {
    version: '1.0',
    added_tokens: [special(config.bos_token), special(config.eos_token)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: split }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: config.unk_token,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
  return new HfTokenizer(json as unknown as ConstructorParameters<typeof HfTokenizer>[0], {});
}
