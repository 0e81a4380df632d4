/**
 * The denoising loop of latent diffusion with classifier-free guidance, on one screen.
 * Papers: "High-Resolution Image Synthesis with Latent Diffusion Models" (arXiv 2112.10752), "Classifier-Free Diffusion
 * Guidance" (2207.12598), "SDEdit" (2108.01073) for img2img. Checked against diffusers 0.42.1's Stable Diffusion, XL, LCM,
 * img2img and inpaint pipelines by tests/goldens. Left out on purpose: safety checker, IP adapters, ControlNet.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openBranch, openCourse } from './course.js';
import type { GenerationEvent, RgbImage } from './events.js';
import { readGivenPictures } from './given-pictures.js';
import { resizePicture } from './image.js';
import { type Latents, prepareStart } from './latents.js';
import { pasteInto } from './mask.js';
import { type Pass, toPasses } from './passes.js';
import type { Pipeline } from './pipeline.js';
import { createPreviewMeter } from './preview.js';
import { createProgressClock } from './progress-clock.js';
import { notesOnPrompts } from './prompt-notes.js';
import { type ResolvedParams, toBranched, toSeeds } from './request.js';
import { createScheduler } from './schedulers/index.js';
import { countSteps, stepEnds } from './schedulers/scheduler.js';
import { predictNoise } from './unet.js';
import { decodeLatents } from './vae.js';

export interface GenerateOptions {
  signal: AbortSignal;
  /** Asked after each step: is a preview due now? */
  wantPreview: () => boolean;
  /** What encoding this job's previews will have cost elsewhere after one more: it counts as work for them. */
  previewEncodeMs?: () => number;
}

/**
 * Makes `params.count` pictures, one after another, each in one pass or, with `hiresScale`, in two.
 * @throws the signal's reason between two steps; SafelightError INVALID_PARAMS | UNSUPPORTED | OUT_OF_MEMORY | ENGINE_FAILED
 */
export async function* generate(
  pipeline: Pipeline,
  params: ResolvedParams,
  { signal, wantPreview, previewEncodeMs = () => 0 }: GenerateOptions,
): AsyncGenerator<GenerationEvent> {
  const { schedulerConfig: modelConfig, scalingFactor } = pipeline.folder;
  const newScheduler = ({ strength }: Pass) =>
    createScheduler({ modelConfig, name: params.scheduler, steps: params.steps, strength });
  const passes = toPasses(params, pipeline.folder.summary.sizeMultipleOf);
  const schedules = passes.map(newScheduler);
  const steps = schedules.reduce((sum, each) => sum + countSteps(each), 0);
  const calls = schedules.reduce((sum, each) => sum + each.timesteps.length, 0);
  const clock = createProgressClock(params.count * calls);
  const meter = createPreviewMeter(pipeline.previewMsPerPixel);

  // 1. What the pictures start from, where that is a picture, and what the first event says of the request.
  const { initPicture, mask, notes } = await readGivenPictures(params, pipeline.folder.vaeScaleFactor);
  notes.push(...notesOnPrompts(params));

  for (const [image, seed] of toSeeds(params).entries()) {
    let picture: RgbImage | undefined = initPicture;
    let step = 0;
    for (const pass of passes) {
      // 2. Encode the prompts, for this size; a fresh scheduler and generator a pass: pictures share nothing, so each can
      // be made again alone.
      yield { type: 'stage', name: 'encode', ...(notes.length > 0 && { notes: notes.splice(0) }) };
      const scheduler = newScheduler(pass);
      let course = await openCourse(pipeline, pass.isFirst ? params : toBranched(params), pass, image);
      const branch = pass.isFirst ? await openBranch(pipeline, params, pass, image, scheduler) : undefined;

      // 3. The latents to start from.
      const start = await prepareStart(
        pipeline,
        {
          ...pass,
          initPicture: picture && (await resizePicture(picture, pass)),
          mask: pass.isFirst ? mask : undefined,
          ...course,
        },
        scheduler,
      );
      let { latents } = start;
      const like = (data: Float32Array): Latents => ({ ...latents, data });

      // 4. Denoise: x_t → x_{t-1}.
      yield { type: 'stage', name: 'denoise' };
      const ends = stepEnds(scheduler);
      for (const [stepIndex, timestep] of scheduler.timesteps.entries()) {
        await nextTurn(); // lets a cancel message in: session.run holds the thread
        signal.throwIfAborted();
        const modelInput = like(scheduler.scaleModelInput(latents.data, stepIndex));
        const noisePred = await predictNoise(pipeline, modelInput, timestep, course.conditioning, start.extraChannels);
        const drawNoise = () => course.randn(noisePred.length);
        const stepped = scheduler.step(noisePred, stepIndex, latents.data, drawNoise);
        let sample = stepped.prevSample;
        if (ends[stepIndex]) step += 1;
        if (ends[stepIndex] && step === branch?.step)
          ({ course, sample } = branch.enter(course, stepped, stepIndex + 1));
        latents = start.keepOriginal(like(sample), stepIndex + 1);
        const times = clock.tick();
        if (!ends[stepIndex]) continue; // the next call corrects this step
        yield { type: 'progress', image, step, steps, ...times };
        if (meter.allows(clock, latents, previewEncodeMs()) && wantPreview()) {
          const preview = await meter.measure(latents, () => pipeline.decodePreview(like(stepped.predOriginalSample)));
          yield { type: 'preview', image, step, picture: preview, costMs: meter.lastMs };
        }
      }

      // 5. Decode the final latents.
      signal.throwIfAborted();
      yield { type: 'stage', name: 'decode' };
      const decoded = await decodeLatents(pipeline.vaeDecoder, latents, scalingFactor);
      picture = initPicture && mask && pass.isFirst ? pasteInto(initPicture, decoded, mask) : decoded;
    }
    if (picture !== undefined) yield { type: 'image', image, seed, picture };
  }
}
