/** Long and weighted prompts, end to end through a real text encoder. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeConditioning } from '../../src/engine/conditioning.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../../src/engine/pipeline.js';
import { toChunks } from '../../src/engine/prompt-chunks.js';
import { resolveParams } from '../../src/engine/request.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { GOLDENS, largestDifference } from '../support/goldens.js';

let sd: Pipeline;
let tiny: Pipeline;

beforeAll(async () => {
  const load = async (dir: string) => loadPipeline(await readModelFolder(dir), { device: 'cpu' });
  sd = await load(join(GOLDENS, 'tiny-sd'));
  tiny = await load(join(GOLDENS, '../../models/tiny'));
});
afterAll(async () => {
  await sd.release();
  await tiny.release();
});

async function embeds(pipeline: Pipeline, prompt: string, extra: object = {}) {
  const asked = GenerationParamsSchema.parse({ prompt, guidanceScale: 5, ...extra });
  const { inputs } = await encodeConditioning(pipeline, resolveParams(asked, pipeline.folder.summary));
  return inputs.encoder_hidden_states;
}

const long = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'sea' : 'night')).join(' ');

describe('chunks', () => {
  test('a long prompt goes on in further chunks, each with its marks', () => {
    const { tokenizer } = sd.textEncoders[0];
    const chunks = toChunks(tokenizer, long);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.every(({ ids }) => ids.length === 77 && ids[0] === tokenizer.bosId)).toBe(true);
    const inner = chunks.flatMap(({ ids }) => ids.slice(1, -1).filter((id) => id !== tokenizer.eosId));
    expect(inner).toEqual(tokenizer.encode(long));
  });

  test('both prompts of a guided step become as long as the longer one', async () => {
    const { dims } = await embeds(sd, long);
    expect(dims[0]).toBe(2);
    expect(dims[1]).toBeGreaterThan(77);
    expect(dims[1] % 77).toBe(0);
    expect((await embeds(sd, 'sea', { negativePrompt: long })).dims).toEqual(dims);
  });

  test('a UNet of fixed length gets one chunk', async () => {
    expect((await embeds(tiny, long)).dims).toEqual([2, 77, 128]);
  });

  test('BREAK begins a new chunk', async () => {
    expect((await embeds(sd, 'sea BREAK night')).dims).toEqual([2, 154, 32]);
  });
});

describe('weights', () => {
  const positive = async (prompt: string) => {
    const { data, dims } = await embeds(sd, prompt);
    return Float32Array.from(data.slice(dims[1] * dims[2]));
  };

  test('a weight of one changes nothing, bit for bit', async () => {
    expect([...(await positive('(sea:1) at night'))]).toEqual([...(await positive('sea at night'))]);
  });

  test('a weight changes the words it stands at, and the mean stays', async () => {
    const [plain, weighted] = [await positive('sea at night'), await positive('(sea:1.5) at night')];
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(largestDifference(plain, weighted)).toBeGreaterThan(0.01);
    expect(mean(weighted)).toBeCloseTo(mean(plain), 4);
  });
});

test('clipSkip is refused where the graph has no hidden states', async () => {
  await expect(embeds(tiny, 'sea', { clipSkip: 2 })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
