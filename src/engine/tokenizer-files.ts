/** A tokenizer's folder, in each layout that transformers writes: `tokenizer.json`, or `vocab.json` and `merges.txt`. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { SafelightError } from '../protocol/errors.js';
import type { AddedToken } from './added-tokens.js';
import { readModelJson, readModelText } from './json-file.js';
import {
  type Merge,
  SPECIAL_KEYS,
  type SpecialTokens,
  SpecialTokensSchema,
  TokenizerConfigSchema,
  TokenizerJsonSchema,
  type TokenRules,
  VocabSchema,
} from './tokenizer-schemas.js';

export interface TokenizerFiles {
  vocab: ReadonlyMap<string, number>;
  merges: readonly Merge[];
  /** Special tokens and textual inversions; CLIP's marks are among them. */
  added: readonly AddedToken[];
  marks: Record<'bos' | 'eos' | 'unk' | 'pad', AddedToken>;
  /** `model_max_length`: tokens of one chunk with its two marks. */
  maxLength: number;
}

/** A token as a file names it: `key` where it is a special one, `id` where the file gives it one. */
type NamedToken = TokenRules & { file: string; key?: string; id?: number };
type ResolvedToken = AddedToken & { file: string };
type Model = Pick<TokenizerFiles, 'vocab' | 'merges'> & { file: string; mergesFile: string; added: NamedToken[] };

/** Those of transformers' CLIPTokenizer. */
const DEFAULT_MARKS: SpecialTokens = {
  bos_token: { content: '<|startoftext|>' },
  eos_token: { content: '<|endoftext|>' },
  unk_token: { content: '<|endoftext|>' },
  pad_token: { content: '<|endoftext|>' },
};

/**
 * What transformers 5 makes of the same folder: `tokenizer.json` counts before `vocab.json`, and the special tokens map before the
 * config, unless the config has an `added_tokens_decoder`: then it alone counts. A token of the vocabulary keeps its id there.
 * @param vocabSize rows of the text encoder's embedding: a larger id would read beyond it
 * @throws SafelightError MODEL_INVALID naming the file
 */
export async function readTokenizerFiles(dir: string, vocabSize: number): Promise<TokenizerFiles> {
  const configFile = join(dir, 'tokenizer_config.json');
  const config = await readOptional(configFile, TokenizerConfigSchema);
  const decoder = config.added_tokens_decoder;
  const mapFile = join(dir, 'special_tokens_map.json');
  const map = decoder ? {} : await readOptional(mapFile, SpecialTokensSchema);
  const model = await readModel(dir);
  const specials = toSpecials([DEFAULT_MARKS, model.file], [config, configFile], [map, mapFile]);
  const declared = decoder
    ? Object.entries(decoder).map(([id, token]) => ({ ...token, id: Number(id), file: configFile }))
    : [...(await readAddedTokens(dir)), ...model.added];
  checkVocab(model, vocabSize);
  checkMarks(model, declared, specials);
  checkMerges(model);
  const added = resolveTokens(model, declared, [...specials.values()]);
  checkIds(added, vocabSize);
  return { ...model, added, marks: toMarks(added, specials), maxLength: config.model_max_length };
}

async function readOptional<T extends z.ZodType>(file: string, schema: T): Promise<z.output<T>> {
  return existsSync(file) ? readModelJson(file, schema) : schema.parse({});
}

async function readModel(dir: string): Promise<Model> {
  const file = join(dir, 'tokenizer.json');
  if (!existsSync(file)) return readOldModel(dir);
  const { model, added_tokens } = await readModelJson(file, TokenizerJsonSchema);
  return { file, mergesFile: file, ...model, added: added_tokens.map((token) => ({ ...token, file })) };
}

/** Before transformers 5 every CLIP tokenizer was saved as these two files. */
async function readOldModel(dir: string): Promise<Model> {
  const [file, mergesFile] = [join(dir, 'vocab.json'), join(dir, 'merges.txt')];
  const vocab = await readModelJson(file, VocabSchema);
  const lines = (await readModelText(mergesFile)).split(/\r?\n/);
  const merges = lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#version'))
    .map((line) => line.trim().split(' '));
  return { file, mergesFile, vocab, merges, added: [] };
}

async function readAddedTokens(dir: string): Promise<NamedToken[]> {
  const file = join(dir, 'added_tokens.json');
  const tokens = await readOptional(file, VocabSchema);
  return [...tokens].map(([content, id]) => ({ content, id, file }));
}

/** By key, the last source that has one; lists of further special tokens add up. */
function toSpecials(...sources: [SpecialTokens, file: string][]): Map<string, NamedToken> {
  const specials = new Map<string, NamedToken>();
  for (const [tokens, file] of sources) {
    for (const key of SPECIAL_KEYS) {
      const token = tokens[key];
      if (token) specials.set(key, { ...token, key, file });
    }
    for (const token of [...(tokens.additional_special_tokens ?? []), ...(tokens.extra_special_tokens ?? [])])
      specials.set(`further: ${token.content}`, { ...token, file });
  }
  return specials;
}

/** What a declared token says of itself counts; a special token is otherwise found as it was typed, any other in lower case. */
function resolveTokens({ vocab }: Model, declared: NamedToken[], specials: NamedToken[]): ResolvedToken[] {
  const special = new Set(specials.map(({ content }) => content));
  const byContent = new Map([...specials, ...declared].map((token) => [token.content, token]));
  byContent.delete('');
  let nextId = largestOf([...vocab.values(), ...declared.map(({ id = 0 }) => id)]) + 1;
  return [...byContent.values()].map((token) => ({
    content: token.content,
    id: vocab.get(token.content) ?? token.id ?? nextId++,
    normalized: token.normalized ?? !(token.special ?? special.has(token.content)),
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    singleWord: token.single_word ?? false,
    file: token.file,
  }));
}

function toMarks(added: ResolvedToken[], specials: Map<string, NamedToken>): TokenizerFiles['marks'] {
  const mark = (key: string): AddedToken => {
    const found = added.find(({ content }) => content === specials.get(key)?.content);
    if (found === undefined) throw new Error(`${key} was checked`);
    return found;
  };
  return { bos: mark('bos_token'), eos: mark('eos_token'), unk: mark('unk_token'), pad: mark('pad_token') };
}

function checkVocab({ file, vocab }: Model, vocabSize: number): void {
  const largest = largestOf([...vocab.values()]);
  if (largest < vocabSize) return;
  refuse(file, `has id ${largest}, but the text encoder knows ${vocabSize} tokens: is it another model's?`);
}

/** transformers would give such a mark an id that the text encoder was never trained on. */
function checkMarks({ file, vocab }: Model, declared: NamedToken[], specials: Map<string, NamedToken>): void {
  for (const key of Object.keys(DEFAULT_MARKS)) {
    const { content, file: source } = specials.get(key) ?? { content: '', file };
    if (content !== '' && (vocab.has(content) || declared.some((token) => token.content === content))) continue;
    const by = source === file ? '' : ` of ${basename(source)}`;
    refuse(file, `has no token "${content}", which is the ${key}${by}`);
  }
}

/** The merges of another vocabulary would silently make other ids. */
function checkMerges({ mergesFile, vocab, merges }: Model): void {
  for (const merge of merges) {
    if (merge.length !== 2) refuse(mergesFile, `"${merge.join(' ')}" is not a pair of tokens`);
    const unknown = [...merge, merge.join('')].find((token) => !vocab.has(token));
    if (unknown !== undefined)
      refuse(mergesFile, `"${merge.join(' ')}" needs the token "${unknown}", which is not in the vocabulary`);
  }
}

function checkIds(added: ResolvedToken[], vocabSize: number): void {
  const beyond = added.find(({ id }) => id >= vocabSize);
  if (beyond === undefined) return;
  const { file, content, id } = beyond;
  refuse(file, `the token "${content}" has id ${id}, but the text encoder knows ${vocabSize} tokens`);
}

function largestOf(values: number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function refuse(file: string, why: string): never {
  throw new SafelightError('MODEL_INVALID', `${file}: ${why}`);
}
