/** Whatever a file carries: it is read, or refused in our words. */
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { toExifBlock } from '../../src/metadata/files/exif-block.js';
import { readExifTexts } from '../../src/metadata/files/exif-texts.js';
import { readPictureTexts } from '../../src/metadata/files/picture-texts.js';
import { withPngText } from '../../src/metadata/files/write-png-text.js';
import { toRecipe } from '../../src/metadata/recipe.js';
import { SafelightError } from '../../src/protocol/errors.js';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

function readOrRefuse(texts: Record<string, string>): void {
  try {
    const { params, unknown } = toRecipe(texts);
    expect(unknown.every((words) => typeof words === 'string' && words.length < 1000)).toBe(true);
    expect(Object.values(params).every((value) => !Number.isNaN(value))).toBe(true);
  } catch (error) {
    expect(error).toBeInstanceOf(SafelightError);
  }
}

const KEYS = ['safelight', 'parameters', 'prompt', 'workflow', 'invokeai_metadata', 'sd-metadata', 'Dream', 'Comment'];
const WORDS = [
  'Steps: 20, ',
  'Seed: -1, ',
  'Size: 8x8, ',
  'Negative prompt:',
  '\n',
  '"',
  '{',
  '}',
  '[',
  ':',
  ',',
  '<a:',
  '\\',
];
const SAMPLER = ['seed', 'steps', 'cfg', 'sampler_name', 'scheduler', 'positive', 'negative', 'latent_image', 'model'];
const TYPES = [
  'KSampler',
  'SaveImage',
  'CLIPTextEncode',
  'EmptyLatentImage',
  'Text Concatenate',
  'ConditioningCombine',
  'Reroute',
];
const INPUTS = [...SAMPLER, 'text', 'text_a', 'text_b', 'samples', 'images', 'conditioning_1', 'conditioning_2', ''];

const ids = fc.constantFrom('1', '2', '3', '4', '5');
const inputs = fc.dictionary(
  fc.constantFrom(...INPUTS),
  fc.oneof(fc.tuple(ids, fc.nat(2)), fc.string(), fc.double(), fc.jsonValue()),
);
const graphs = fc.dictionary(ids, fc.record({ class_type: fc.constantFrom(...TYPES), inputs }), { minKeys: 3 });
const JSON_KEYS = [
  'sui_image_params',
  'image',
  'prompt',
  'seed',
  'steps',
  'resolution',
  'version',
  'metadata_scheme',
  'model',
  'uc',
];
const objects = fc.dictionary(
  fc.constantFrom(...JSON_KEYS),
  fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...JSON_KEYS), fc.jsonValue())),
);

test.each([
  ['any text', fc.string({ unit: 'binary', maxLength: 300 })],
  ['settings', fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(''))],
  ['JSON', fc.json()],
  ['JSON of known keys', objects.map((value) => JSON.stringify(value))],
  ['graphs', graphs.map((value) => JSON.stringify(value))],
])('%s under any keyword', (_, texts) => {
  fc.assert(
    fc.property(fc.constantFrom(...KEYS), texts, (key, text) => readOrRefuse({ [key]: text, Software: 'NovelAI' })),
    { numRuns: 300 },
  );
});

test('any EXIF block, and ours with any bytes changed', () => {
  const block = toExifBlock({ imageDescription: '{"a":1}', userComment: 'a lake' });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.uint8Array(),
      (changes, tail) => {
        const damaged = Buffer.concat([block, tail]);
        for (const [at, byte] of changes) damaged[at] = byte;
        expect(readExifTexts(damaged)).toBeTypeOf('object');
        expect(readExifTexts(Buffer.from(tail))).toBeTypeOf('object');
      },
    ),
    { numRuns: 500 },
  );
});

test('any bytes of a picture changed', () => {
  const marked = Buffer.from(withPngText(png, { parameters: 'a lake', prompt: '湖' }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(marked.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
      const damaged = Buffer.from(marked);
      for (const [at, byte] of changes) damaged[at] = byte;
      readOrRefuse(readPictureTexts(damaged, undefined));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['brackets without end', '['.repeat(2_000_000)],
  ['objects without end', '{"a":'.repeat(100_000)],
  ['a string without end', `{"a":"${'\\"'.repeat(500_000)}`],
  ['a quote at each letter', `{${'"a":NaN,'.repeat(100_000)}`],
  ['networks without end', `${'<a:'.repeat(300_000)}\nSteps: 1, Seed: 1, Size: 8x8`],
  ['negative words without end', `${'Negative prompt:\n'.repeat(50_000)}Steps: 1, Seed: 1, Size: 8x8`],
  ['old brackets', JSON.stringify({ image: { prompt: '['.repeat(900_000) } })],
])(
  '%s: read in a moment',
  (_, text) => {
    for (const key of KEYS) readOrRefuse({ [key]: text });
  },
  20_000,
);

test('an EXIF block whose values all lie over one another is read in a moment', () => {
  const entries = 65_535;
  const block = Buffer.alloc(8 + 2 + entries * 12 + 4 + 1_000_000, 'x');
  block.write('MM\0*\0\0\0\x08', 'latin1');
  block.writeUInt16BE(entries, 8);
  for (let index = 0; index < entries; index++) {
    const at = 10 + index * 12;
    block.writeUInt16BE(index, at);
    block.writeUInt16BE(2, at + 2);
    block.writeUInt32BE(1_000_000, at + 4);
    block.writeUInt32BE(10 + entries * 12, at + 8);
  }
  expect(readExifTexts(block).parameters).toMatch(/^x+$/);
});
