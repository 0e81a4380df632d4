/** Token ids of folders in every layout, as transformers makes them (tests/goldens/tokenizers.json), and folders that are refused. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTokenizer } from '../../src/engine/tokenizer.js';
import { GOLDENS } from '../support/goldens.js';

interface TokenizerCase {
  name: string;
  files: Record<string, object>;
  bos: number;
  eos: number;
  pad: number;
  ids: Record<string, number[]>;
}

const base = join(GOLDENS, 'tiny-sd/tokenizer');
const { cases } = JSON.parse(await readFile(join(GOLDENS, 'tokenizers.json'), 'utf8')) as { cases: TokenizerCase[] };
const vocab = JSON.parse(await readFile(join(base, 'vocab.json'), 'utf8')) as Record<string, number>;
const mergeLines = (await readFile(join(base, 'merges.txt'), 'utf8')).trim().split('\n').slice(1);
const model = { type: 'BPE', vocab, merges: mergeLines.map((line) => line.split(' ')) };
/** Of a text encoder with room for two textual inversions and one more token. */
const VOCAB_SIZE = 641;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safelight-tokenizer-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function put(files: Record<string, unknown>): Promise<void> {
  if (!('tokenizer.json' in files))
    for (const name of ['vocab.json', 'merges.txt']) await cp(join(base, name), join(dir, name));
  for (const [name, value] of Object.entries(files))
    await writeFile(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
}

function withModel({ name, files }: TokenizerCase, change: object = {}): Record<string, object> {
  const file = files['tokenizer.json'];
  if (file === undefined) throw new Error(`${name} has no tokenizer.json`);
  return { ...files, 'tokenizer.json': { ...file, model: { ...model, ...change } } };
}

const hasOwnModel = ({ files }: TokenizerCase) => 'tokenizer.json' in files;
const caseNamed = (name: string): TokenizerCase => {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
};

async function expectIds(golden: TokenizerCase): Promise<void> {
  const tokenizer = await readTokenizer(dir, VOCAB_SIZE);
  expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([golden.bos, golden.eos, golden.pad]);
  const ids = Object.fromEntries(Object.keys(golden.ids).map((prompt) => [prompt, tokenizer.encode(prompt)]));
  expect(ids).toEqual(golden.ids);
}

describe('the ids of transformers', () => {
  test.each(cases)('$name', async (golden) => {
    await put(hasOwnModel(golden) ? withModel(golden) : golden.files);
    await expectIds(golden);
  });

  test('merges as text, as tokenizers wrote them before 0.20', async () => {
    const golden = caseNamed('tokenizer.json alone');
    await put(withModel(golden, { merges: mergeLines }));
    await expectIds(golden);
  });

  test('tokenizer.json counts where the old files are there, too', async () => {
    const golden = caseNamed('tokenizer.json alone');
    await put({ ...withModel(golden), 'vocab.json': '{', 'merges.txt': 'no merges' });
    await expectIds(golden);
  });

  test('merges.txt with the line ends of Windows', async () => {
    const golden = caseNamed('plain');
    await put({ ...golden.files, 'merges.txt': ['#version: 0.2', ...mergeLines, ''].join('\r\n') });
    await expectIds(golden);
  });

  test('a token that is declared as null is the usual one', async () => {
    await put({ 'tokenizer_config.json': { pad_token: null, additional_special_tokens: null } });
    await expectIds(caseNamed('plain'));
  });

  test('an id that leaves a gap behind the vocabulary is kept', async () => {
    await put({ 'added_tokens.json': { '<cat-toy>': 640 } });
    expect((await readTokenizer(dir, VOCAB_SIZE)).encode('<cat-toy>')).toEqual([640]);
  });
});

test('a token of the vocabulary keeps its id, whatever a file gives it', async () => {
  await put({ 'added_tokens.json': { '#': 640 } });
  expect((await readTokenizer(dir, VOCAB_SIZE)).encode('a#')).toEqual([320, 2]);
});

test('a model_max_length without limit is that of CLIP', async () => {
  await put({ 'tokenizer_config.json': '{"model_max_length": 1000000000000000019884624838656}' });
  expect((await readTokenizer(dir, VOCAB_SIZE)).maxLength).toBe(77);
});

describe('refused, with the file', () => {
  const config = (more: object) => ({ 'tokenizer_config.json': more });
  const refusals: [string, Record<string, unknown>, RegExp][] = [
    ['no JSON', { 'tokenizer_config.json': '{' }, /tokenizer_config\.json: not JSON/],
    ['NaN', { 'tokenizer_config.json': '{"model_max_length": NaN}' }, /tokenizer_config\.json: not JSON/],
    ['a list', { 'special_tokens_map.json': '[]' }, /special_tokens_map\.json: must be an object/],
    ['a token that is a number', config({ pad_token: 5 }), /tokenizer_config\.json: pad_token: must be a token/],
    ['a length as text', config({ model_max_length: '77' }), /model_max_length: must be a number of tokens/],
    ['a length without room for text', config({ model_max_length: 2 }), /model_max_length: .* at least 3/],
    [
      'a pad token of nowhere',
      config({ pad_token: '<pad>' }),
      /vocab\.json: has no token "<pad>".* pad_token of token/,
    ],
    [
      'an unk token of nowhere',
      { 'special_tokens_map.json': { unk_token: '<unk>' } },
      /"<unk>".* of special_tokens_map/,
    ],
    ['an empty begin mark', config({ bos_token: '' }), /has no token "", which is the bos_token/],
    ['a vocabulary without marks', { 'vocab.json': '{"a":1}', 'merges.txt': '' }, /vocab\.json: has no token/],
    ['a vocabulary of text', { 'vocab.json': '{"a":"b"}' }, /vocab\.json: a: must be a whole number/],
    ['a negative id', { 'vocab.json': { ...vocab, a: -1 } }, /vocab\.json: a: must not be negative/],
    ['merges of nothing', { 'merges.txt': 'hello' }, /merges\.txt: "hello" is not a pair of tokens/],
    ['merges of another model', { 'merges.txt': 'a </w>' }, /merges\.txt: .* not in the vocabulary/],
    ['an id beyond the encoder', { 'added_tokens.json': { '<x>': 641 } }, /added_tokens\.json: .*"<x>" has id 641/],
    [
      'an id that is text',
      { 'added_tokens.json': { '<x>': '638' } },
      /added_tokens\.json: <x>: must be a whole number/,
    ],
    [
      'an id of the decoder beyond the encoder',
      config({ added_tokens_decoder: { 900: { content: '<x>' } } }),
      /tokenizer_config\.json: .*"<x>" has id 900/,
    ],
    [
      'a decoder without contents',
      config({ added_tokens_decoder: { 638: {} } }),
      /added_tokens_decoder\.638\.content: must be/,
    ],
    ['a decoder by name', config({ added_tokens_decoder: { x: { content: 'x' } } }), /added_tokens_decoder/],
    [
      'more special tokens than the encoder knows',
      config({ additional_special_tokens: ['<1>', '<2>', '<3>', '<4>'] }),
      /tokenizer_config\.json: .*"<4>" has id 641/,
    ],
    [
      'tokenizer.json of another kind',
      { 'tokenizer.json': { model: { ...model, type: 'WordPiece' } } },
      /model\.type: must be BPE/,
    ],
    [
      'tokenizer.json without a model',
      { 'tokenizer.json': { version: '1.0' } },
      /tokenizer\.json: model: must be an object/,
    ],
    [
      'tokenizer.json for a larger encoder',
      { 'tokenizer.json': { added_tokens: [{ id: 700, content: '<x>' }], model } },
      /tokenizer\.json: .*"<x>" has id 700/,
    ],
  ];
  test.each(refusals)('%s', async (_, files, words) => {
    await put(files);
    await expect(readTokenizer(dir, VOCAB_SIZE)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(words),
    });
  });

  test('a vocabulary that is larger than the text encoder’s', async () => {
    await put({});
    await expect(readTokenizer(dir, 600)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/vocab\.json: has id 637, but the text encoder knows 600/),
    });
  });
});
