/** What the files of a tokenizer's folder may hold, as transformers 4 and 5 write them. */
import { z } from 'zod';

/** Every special token that transformers knows by name; the first four are CLIP's marks. */
export const SPECIAL_KEYS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'pad_token',
  'sep_token',
  'cls_token',
  'mask_token',
] as const;

const MAX_LENGTH_WORDS = 'must be a number of tokens, at least 3';
const OBJECT_WORDS = 'must be an object';
const FlagSchema = z.boolean('must be true or false').optional();
const IdSchema = z.int('must be a whole number').min(0, 'must not be negative');

const TokenRulesSchema = z.looseObject(
  {
    content: z.string('must be text'),
    lstrip: FlagSchema,
    rstrip: FlagSchema,
    single_word: FlagSchema,
    special: FlagSchema,
    normalized: FlagSchema,
  },
  'must be an object that describes a token',
);
/** A token and how it is found in a text; what is left out is false, but `normalized`, which is the opposite of `special`. */
export type TokenRules = Pick<
  z.infer<typeof TokenRulesSchema>,
  'content' | 'lstrip' | 'rstrip' | 'single_word' | 'special' | 'normalized'
>;

const TokenSchema = z
  .union([z.string(), TokenRulesSchema], 'must be a token: text, or an object with its content')
  .transform((token): TokenRules => (typeof token === 'string' ? { content: token } : token));
const TokensSchema = z
  .union([z.array(TokenSchema), z.record(z.string(), TokenSchema)], 'must be a list of tokens')
  .transform((tokens) => Object.values(tokens));

export const SpecialTokensSchema = z.looseObject(
  {
    ...(Object.fromEntries(SPECIAL_KEYS.map((key) => [key, TokenSchema.nullish()])) as Record<
      (typeof SPECIAL_KEYS)[number],
      z.ZodOptional<z.ZodNullable<typeof TokenSchema>>
    >),
    additional_special_tokens: TokensSchema.nullish(),
    /** Its name since transformers 5. */
    extra_special_tokens: TokensSchema.nullish(),
  },
  OBJECT_WORDS,
);
export type SpecialTokens = z.infer<typeof SpecialTokensSchema>;

export const TokenizerConfigSchema = SpecialTokensSchema.extend({
  model_max_length: z.number(MAX_LENGTH_WORDS).min(3, MAX_LENGTH_WORDS).default(77),
  added_tokens_decoder: z
    .record(z.string().regex(/^\d+$/, 'must have token ids as names'), TokenRulesSchema, OBJECT_WORDS)
    .nullish(),
});

/** Of `vocab.json`, and of `added_tokens.json`. */
export const VocabSchema = z
  .record(z.string(), IdSchema, 'must be an object of tokens and their ids')
  .transform((vocab) => new Map(Object.entries(vocab)));

export type Merge = string[];
/** As pairs since tokenizers 0.20; before, as text. */
const MergeSchema = z.union(
  [z.array(z.string()), z.string().transform((pair): Merge => pair.split(' '))],
  'must be a pair of tokens',
);

export const TokenizerJsonSchema = z.looseObject(
  {
    added_tokens: z.array(TokenRulesSchema.extend({ id: IdSchema }), 'must be a list of tokens').default([]),
    model: z.looseObject(
      {
        type: z.literal('BPE', 'must be BPE, as in every CLIP tokenizer').default('BPE'),
        vocab: VocabSchema,
        merges: z.array(MergeSchema, 'must be a list of pairs'),
      },
      OBJECT_WORDS,
    ),
  },
  OBJECT_WORDS,
);
