/** What `generate()` says of a request, end to end on a tiny model. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/engine/events.js';
import { generate } from '../../src/engine/generate.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../../src/engine/pipeline.js';
import { resolveParams } from '../../src/engine/request.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { GOLDENS } from '../support/goldens.js';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await loadPipeline(await readModelFolder(join(GOLDENS, 'tiny-sd')), { device: 'cpu' });
});
afterAll(() => pipeline.release());

const SMALL = { prompt: 'a lake', width: 256, height: 256, steps: 2, scheduler: 'euler', seed: 7 };
const init = (await readFile(join(GOLDENS, 'tiny-sd/init.png'))).toString('base64');

async function flat(level: number): Promise<string> {
  const background = { r: level, g: level, b: level };
  const bytes = await sharp({ create: { width: 256, height: 256, channels: 3, background } })
    .png()
    .toBuffer();
  return bytes.toString('base64');
}

async function run(extra: object): Promise<GenerationEvent[]> {
  const params = resolveParams(GenerationParamsSchema.parse({ ...SMALL, ...extra }), pipeline.folder.summary);
  const events: GenerationEvent[] = [];
  for await (const event of generate(pipeline, params, {
    signal: new AbortController().signal,
    wantPreview: () => false,
  }))
    events.push(event);
  return events;
}

const notesOf = (events: GenerationEvent[]) => events.map((event) => ('notes' in event ? event.notes : undefined));
const pixelsOf = (events: GenerationEvent[]) =>
  events.flatMap((event) => (event.type === 'image' ? [Buffer.from(event.picture.pixels)] : []));

test('notes stand in the first event, and in no other', async () => {
  const [first, ...others] = notesOf(await run({ prompt: '[a|b]', count: 2 }));
  expect(first).toEqual([expect.stringContaining('"[a|b]" is read as plain text')]);
  expect(others.every((notes) => notes === undefined)).toBe(true);
});

test('without anything to say there are none', async () => {
  expect((await run({}))[0]).toStrictEqual({ type: 'stage', name: 'encode' });
});

test.each([0.6, 1])('an all-white mask at strength %d is img2img', async (strength) => {
  const [plain] = pixelsOf(await run({ initImage: init, strength }));
  const events = await run({ initImage: init, strength, maskImage: await flat(255) });
  expect(pixelsOf(events)[0].equals(plain)).toBe(true);
  expect(notesOf(events)[0]).toEqual([expect.stringContaining('all white')]);
});

test('an all-black mask is refused before the first event', async () => {
  const running = run({ initImage: init, maskImage: await flat(0) });
  await expect(running).rejects.toMatchObject({
    code: 'INVALID_PARAMS',
    message: expect.stringMatching(/^maskImage: has no white/),
  });
});
