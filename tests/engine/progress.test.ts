/** Progress counts denoising steps as people ask for them, whatever a scheduler makes of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/engine/events.js';
import { generate } from '../../src/engine/generate.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../../src/engine/pipeline.js';
import { resolveParams } from '../../src/engine/request.js';
import { GenerationParamsSchema, SCHEDULER_NAMES } from '../../src/protocol/params.js';
import { GOLDENS } from '../support/goldens.js';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await loadPipeline(await readModelFolder(join(GOLDENS, 'tiny-sd')), { device: 'cpu' });
});
afterAll(() => pipeline.release());

const SMALL = { prompt: 'a lake', width: 64, height: 64, steps: 5, seed: 7 };
const INIT = { initImage: readFileSync(join(GOLDENS, 'tiny-sd', 'init.png'), 'base64') };

type Progress = Extract<GenerationEvent, { type: 'progress' }>;

async function run(extra: object) {
  const params = resolveParams(GenerationParamsSchema.parse({ ...SMALL, ...extra }), pipeline.folder.summary);
  const events: GenerationEvent[] = [];
  const options = { signal: new AbortController().signal, wantPreview: () => true };
  for await (const event of generate(pipeline, params, options)) events.push(event);
  const progress = events.filter((event): event is Progress => event.type === 'progress');
  return { events, progress, told: progress.map(({ image, step, steps }) => `${image}: ${step}/${steps}`) };
}

const countTo = (steps: number, image = 0) => Array.from({ length: steps }, (_, i) => `${image}: ${i + 1}/${steps}`);

describe.each(SCHEDULER_NAMES)('%s', (scheduler) => {
  test.each([
    ['one step', { steps: 1 }, 1],
    ['five steps', {}, 5],
    ['img2img, which makes the last 3 of 5', { ...INIT, strength: 0.6 }, 3],
    ['a hires pass of 2 more', { hiresScale: 2, hiresStrength: 0.5 }, 7],
    ['a branch', { branchStep: 2, branchSeed: 9, branchPrompt: 'a hill' }, 5],
  ])('%s', async (_, extra, steps) => {
    expect((await run({ scheduler, ...extra })).told).toEqual(countTo(steps));
  });

  test('each picture is counted from 1, and a preview belongs to the step told before it', async () => {
    const { events, told } = await run({ scheduler, steps: 3, count: 2 });
    expect(told).toEqual([...countTo(3), ...countTo(3, 1)]);
    const previews = events.flatMap((event, i) => (event.type === 'preview' ? [[event, events[i - 1]]] : []));
    expect(previews.length).toBeGreaterThan(0);
    for (const [{ image, step }, before] of previews as [Progress, Progress][])
      expect(before).toMatchObject({ type: 'progress', image, step });
  });
});

test.each([
  ['euler', [1, 2, 3, 4, 5]],
  // Four steps of two model calls, and a last one of one.
  ['heun', [2, 4, 6, 8, 9]],
  ['pndm', [2, 3, 4, 5, 6]],
])('the time left is that of the model calls to come: %s', async (scheduler, callsAfterStep) => {
  const { progress } = await run({ scheduler });
  const calls = callsAfterStep[4];
  for (const [i, { elapsedMs, etaMs }] of progress.entries()) {
    const share = (calls - callsAfterStep[i]) / callsAfterStep[i];
    // Both are rounded to milliseconds.
    expect(Math.abs(etaMs - elapsedMs * share)).toBeLessThanOrEqual(0.5 + 0.5 * share);
  }
});
