/** Branches, end to end on the tiny models: what comes before them stays, what comes after them changes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBranch, openCourse } from '../../src/engine/course.js';
import type { RgbImage } from '../../src/engine/events.js';
import { generate } from '../../src/engine/generate.js';
import { readGivenPictures } from '../../src/engine/given-pictures.js';
import { resizePicture } from '../../src/engine/image.js';
import { shrinkMask } from '../../src/engine/mask.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../../src/engine/pipeline.js';
import { createTorchGenerator } from '../../src/engine/random.js';
import { paramsOfImage, type ResolvedParams, resolveParams } from '../../src/engine/request.js';
import { createScheduler } from '../../src/engine/schedulers/index.js';
import { GenerationParamsSchema, SCHEDULER_NAMES, type SchedulerName } from '../../src/protocol/params.js';
import { GOLDENS } from '../support/goldens.js';
import { recorded } from '../support/recorded-session.js';

const MODELS = ['tiny-sd', 'tiny-sdxl', 'tiny-lcm', 'tiny-inpaint'] as const;
type Model = (typeof MODELS)[number];
const pipelines = new Map<Model, Pipeline>();

beforeAll(async () => {
  for (const model of MODELS) {
    pipelines.set(model, await loadPipeline(await readModelFolder(join(GOLDENS, model)), { device: 'cpu' }));
  }
});
afterAll(async () => {
  for (const pipeline of pipelines.values()) await pipeline.release();
});

function pipelineOf(model: Model): Pipeline {
  const pipeline = pipelines.get(model);
  if (pipeline === undefined) throw new Error(`${model} is not loaded`);
  return pipeline;
}

const SMALL = { prompt: 'a calm lake at noon', width: 128, height: 128, steps: 5, guidanceScale: 4, seed: 7 };

function resolve(extra: object, model: Model = 'tiny-sd'): ResolvedParams {
  return resolveParams(GenerationParamsSchema.parse({ ...SMALL, ...extra }), pipelineOf(model).folder.summary);
}

/** The pictures of a job, and one input of the UNet at each call, as `[rows of the batch, …]` flattened. */
async function run(params: ResolvedParams, { model = 'tiny-sd' as Model, input = 'sample' } = {}) {
  const pipeline = pipelineOf(model);
  const { session, inputs } = recorded(pipeline.unet, input);
  const options = { signal: new AbortController().signal, wantPreview: () => false };
  const pictures: RgbImage[] = [];
  for await (const event of generate({ ...pipeline, unet: session }, params, options)) {
    if (event.type === 'image') pictures.push(event.picture);
  }
  return { pictures, inputs };
}

/** Latent values of one picture of tiny-sd. */
const LATENTS = 4 * (SMALL.width / 8) * (SMALL.height / 8);

/** The latents that tiny-sd saw at each call, whatever the guidance made of them. */
const toLatents = (inputs: Float32Array[]) => inputs.map((values) => values.subarray(0, LATENTS));
const latentsOf = async (extra: object) => toLatents((await run(resolve(extra))).inputs);

const isSame = (a: Float32Array, b: Float32Array) => a.every((value, i) => value === b[i]);
const isSamePicture = (a: RgbImage, b: RgbImage) => a.width === b.width && Buffer.compare(a.pixels, b.pixels) === 0;
/** How many calls saw the same latents, from the first on. */
function sharedCalls(a: Float32Array[], b: Float32Array[]): number {
  const parting = a.findIndex((_, call) => b[call] === undefined || !isSame(a[call], b[call]));
  return parting === -1 ? a.length : parting;
}
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]));

const CALLS: Partial<Record<SchedulerName, (steps: number) => number>> = {
  heun: (steps) => 2 * steps,
  pndm: (steps) => steps + 1,
};

describe.each(SCHEDULER_NAMES)('%s', (scheduler) => {
  const calls = CALLS[scheduler] ?? ((steps: number) => steps);
  let unbranched: Awaited<ReturnType<typeof run>>;
  let plain: Float32Array[];

  beforeAll(async () => {
    unbranched = await run(resolve({ scheduler }));
    plain = toLatents(unbranched.inputs);
  });

  test('a branch that changes nothing is the unbranched picture, bit for bit', async () => {
    const { prompt, guidanceScale, seed } = SMALL;
    const nothing = { branchPrompt: prompt, branchGuidanceScale: guidanceScale, branchSeed: seed };
    const { pictures } = await run(resolve({ scheduler, branchStep: 2, branchNegativePrompt: '', ...nothing }));
    expect(isSamePicture(pictures[0], unbranched.pictures[0])).toBe(true);
  });

  test('another prompt is followed from the latents as they are', async () => {
    const branched = await latentsOf({ scheduler, branchStep: 2, branchPrompt: 'a city at night' });
    // The model sees the latents of step 2 with the other prompt: what it makes of them is seen one call later.
    expect(sharedCalls(plain, branched)).toBe(calls(2) + 1);
    expect(branched).toHaveLength(plain.length);
    expect(branched[plain.length - 1].every(Number.isFinite)).toBe(true);
  });

  test('another seed leads far from an early step and not so far from a late one, each time to the same', async () => {
    const early = await latentsOf({ scheduler, branchStep: 1, branchSeed: 9 });
    const late = await latentsOf({ scheduler, branchStep: 4, branchSeed: 9 });
    expect(sharedCalls(plain, early)).toBe(calls(1));
    expect(sharedCalls(plain, late)).toBe(calls(4));
    expect(sharedCalls(late, await latentsOf({ scheduler, branchStep: 4, branchSeed: 9 }))).toBe(plain.length);
    const last = plain.length - 1;
    const [far, near] = [distance(early[last], plain[last]), distance(late[last], plain[last])];
    expect(near).toBeGreaterThan(0);
    expect(far).toBeGreaterThan(1.5 * near);
  });
});

describe('entering a branch', () => {
  const step = { prevSample: new Float32Array(64).fill(1), predOriginalSample: new Float32Array(64).fill(2) };
  const pass = { width: 128, height: 128, strength: undefined, isFirst: true };

  async function enter(branch: object) {
    const params = resolve({ branchStep: 3, ...branch });
    const pipeline = pipelineOf('tiny-sd');
    const scheduler = createScheduler({ modelConfig: pipeline.folder.schedulerConfig, name: 'unipc', steps: 5 });
    let forgotten = 0;
    const forget = () => {
      forgotten += 1;
    };
    const trunk = await openCourse(pipeline, params, pass, 0);
    const opened = await openBranch(pipeline, params, pass, 0, { ...scheduler, forget });
    if (opened === undefined) throw new Error('there is no branch');
    return { ...opened.enter(trunk, step, 3), trunk, scheduler, forgotten };
  }

  test('by prompt: the same sample, noise and history, other texts', async () => {
    const { course, sample, trunk, forgotten } = await enter({ branchPrompt: 'a city at night' });
    expect(sample).toBe(step.prevSample);
    expect(course.randn).toBe(trunk.randn);
    expect(course.conditioning).not.toEqual(trunk.conditioning);
    expect(forgotten).toBe(0);
  });

  test('by seed: the predicted picture under that seed’s noise, as deep as the next step is, and no history', async () => {
    const { course, sample, trunk, scheduler, forgotten } = await enter({ branchSeed: 9 });
    const { randn } = createTorchGenerator(9);
    expect(sample).toEqual(scheduler.addNoise(step.predOriginalSample, randn(64), 3));
    expect(course.randn(64)).toEqual(randn(64));
    expect(course.conditioning).toEqual(trunk.conditioning);
    expect(forgotten).toBe(1);
  });
});

describe('guidance', () => {
  test.each([
    ['off', { guidanceScale: 4, branchGuidanceScale: 1 }, [2, 2, 1, 1, 1]],
    ['off with 0', { guidanceScale: 4, branchGuidanceScale: 0 }, [2, 2, 1, 1, 1]],
    ['on', { guidanceScale: 1, branchGuidanceScale: 6 }, [1, 1, 2, 2, 2]],
    ['up', { guidanceScale: 2, branchGuidanceScale: 6 }, [2, 2, 2, 2, 2]],
  ])('is switched %s in the middle', async (_, scales, batch) => {
    const scheduler = 'dpmpp_2m';
    const { inputs } = await run(resolve({ scheduler, branchStep: 2, ...scales }));
    expect(inputs.map(({ length }) => length / LATENTS)).toEqual(batch);
    const plain = await latentsOf({ scheduler, guidanceScale: scales.guidanceScale });
    expect(sharedCalls(plain, toLatents(inputs))).toBe(3);
  });

  test('brings a negative prompt to life that said nothing before', async () => {
    const branch = { branchStep: 2, branchNegativePrompt: 'fog' };
    const scheduler = 'euler';
    expect(sharedCalls(await latentsOf({ scheduler }), await latentsOf({ scheduler, ...branch }))).toBe(3);
    const unguided = { scheduler, guidanceScale: 1 };
    expect(sharedCalls(await latentsOf(unguided), await latentsOf({ ...unguided, ...branch }))).toBe(5);
  });

  test('is an input of its own to a distilled model', async () => {
    const params = resolve({ branchStep: 2, branchGuidanceScale: 8 }, 'tiny-lcm');
    const { inputs } = await run(params, { model: 'tiny-lcm', input: 'timestep_cond' });
    expect(inputs.map((values) => isSame(values, inputs[0]))).toEqual([true, true, false, false, false]);
  });
});

test.each(['encoder_hidden_states', 'text_embeds'])('SDXL’s %s change in the middle', async (input) => {
  const params = resolve({ branchStep: 2, branchPrompt: 'a city at night' }, 'tiny-sdxl');
  const { inputs } = await run(params, { model: 'tiny-sdxl', input });
  const first = inputs.findIndex((values) => !isSame(values, inputs[0]));
  expect(first).toBe(2);
});

describe('pictures in', () => {
  const read = (file: string) => readFileSync(join(GOLDENS, 'tiny-inpaint', file), 'base64');
  const masked = { initImage: read('init.png'), maskImage: read('mask.png') };
  const branch = { branchStep: 1, branchPrompt: 'a city at night', branchSeed: 9 };

  test('img2img branches after its own steps', async () => {
    const init = { initImage: masked.initImage, strength: 0.6, scheduler: 'euler' };
    const [plain, branched] = [await latentsOf(init), await latentsOf({ ...init, ...branch, branchStep: 2 })];
    expect(plain).toHaveLength(3);
    expect(sharedCalls(plain, branched)).toBe(2);
  });

  test('what the mask keeps is kept: the latents there do not know of the branch', async () => {
    const asked = { ...masked, strength: 0.8, scheduler: 'euler' };
    const [plain, branched] = [await latentsOf(asked), await latentsOf({ ...asked, ...branch })];
    expect(sharedCalls(plain, branched)).toBe(1);
    const given = await readGivenPictures(resolve(asked), 8);
    if (given.mask === undefined) throw new Error('the mask was not read');
    const mask = shrinkMask(given.mask, 8);
    const kept = [...mask.values.keys()].filter((i) => mask.values[i] === 0);
    expect(kept.length).toBeGreaterThan(100);
    for (const call of plain.keys()) {
      expect(kept.map((i) => branched[call][i])).toEqual(kept.map((i) => plain[call][i]));
    }
  });

  test('an inpainting UNet goes on seeing mask and picture', async () => {
    const params = resolve({ ...masked, strength: 1, ...branch }, 'tiny-inpaint');
    const { inputs } = await run(params, { model: 'tiny-inpaint' });
    const plane = (SMALL.width / 4) * (SMALL.height / 4);
    const extra = (values: Float32Array) => values.slice(4 * plane, 9 * plane);
    expect(inputs.every((values) => isSame(extra(values), extra(inputs[0])))).toBe(true);
    expect(extra(inputs[0]).some((value) => value !== 0)).toBe(true);
  });
});

test('the hires pass is img2img of the branch’s own request', async () => {
  const own = { prompt: 'a city at night', negativePrompt: 'fog', guidanceScale: 6, seed: 9, scheduler: 'euler_a' };
  const branch = {
    branchStep: 3,
    branchPrompt: own.prompt,
    branchNegativePrompt: own.negativePrompt,
    branchGuidanceScale: own.guidanceScale,
    branchSeed: own.seed,
  };
  const asked = { scheduler: own.scheduler, ...branch };
  const hires = await run(resolve({ ...asked, hiresScale: 1.25, hiresStrength: 0.6 }));
  const first = await run(resolve(asked));
  const size = { width: 160, height: 160 };
  const { pixels } = await resizePicture(first.pictures[0], size);
  const png = await sharp(pixels, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
  const second = await run(resolve({ ...own, ...size, initImage: png.toString('base64'), strength: 0.6 }));
  expect(isSamePicture(hires.pictures[0], second.pictures[0])).toBe(true);
});

test.each([
  ['seeds', {}],
  ['variations', { variationSeed: 3, variationStrength: 0.4 }],
])('each picture of a branched job is made again alone: %s', async (_, extra) => {
  const params = resolve({ ...extra, count: 2, steps: 3, branchStep: 1, branchSeed: 2 ** 32 - 1 });
  const { pictures } = await run(params);
  expect(isSamePicture(pictures[1], pictures[0])).toBe(false);
  for (const [image, picture] of pictures.entries()) {
    const alone = await run(paramsOfImage(params, image));
    expect(isSamePicture(alone.pictures[0], picture)).toBe(true);
  }
});
