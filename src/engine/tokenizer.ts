/** EDGE: the only import of @huggingface/tokenizers. CLIP's byte-pair tokenizer, checked against transformers' ids by tests/goldens. */
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers';
import { createSplitter } from './added-tokens.js';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.js';

export interface Tokenizer {
  /** Tokens of one chunk with its two marks: 77 for every CLIP. */
  readonly maxLength: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  /** Ids of the text alone: no marks, no padding, no cut. */
  encode(text: string): number[];
}

const CLIP_LENGTH = 77;

/**
 * @param vocabSize rows of the text encoder's embedding: a larger id would read beyond it
 * @throws SafelightError MODEL_INVALID naming the file
 */
export async function readTokenizer(dir: string, vocabSize: number): Promise<Tokenizer> {
  const files = await readTokenizerFiles(dir, vocabSize);
  const bpe = createBpe(files);
  // The library knows added tokens, too, but finds them in the lower-cased text and inside of words: the splitter is ours.
  const split = createSplitter(files.added, normalize);
  const encodePart = (part: string | number) =>
    typeof part === 'number' ? [part] : bpe.encode(part, { add_special_tokens: false }).ids;
  return {
    maxLength: Math.min(Math.floor(files.maxLength), CLIP_LENGTH),
    bosId: files.marks.bos.id,
    eosId: files.marks.eos.id,
    padId: files.marks.pad.id,
    encode: (text) => split(text).flatMap(encodePart),
  };
}

/** Letter by letter, as the Rust library does it: JavaScript would end a Greek word with another sigma. */
function normalize(text: string): string {
  const spaced = text.normalize('NFC').replace(/\p{White_Space}+/gu, ' ');
  return Array.from(spaced, (letter) => letter.toLowerCase()).join('');
}

/** The parts of transformers' CLIPTokenizer behind `normalize`, spelled as a `tokenizer.json`. */
function createBpe({ vocab, merges, marks }: TokenizerFiles): HfTokenizer {
  const split = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^ \\p{L}\\p{N}]+";
  const json = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
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
      unk_token: marks.unk.content,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: Object.fromEntries([...vocab, [marks.unk.content, marks.unk.id]]),
      merges,
    },
  };
  return new HfTokenizer(json, {});
}
