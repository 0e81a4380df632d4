/**
 * The denoising loop of latent diffusion with classifier-free guidance, on one screen.
 * Papers: "High-Resolution Image Synthesis with Latent Diffusion Models" (arXiv 2112.10752), "Classifier-Free Diffusion
 * Guidance" (2207.12598), "SDEdit" (2108.01073) for img2img. Checked against diffusers 0.42.1 StableDiffusionPipeline and
 * StableDiffusionImg2ImgPipeline by tests/goldens. Left out on purpose: safety checker, IP adapters, ControlNet.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeConditioning } from './conditioning.js';
import type { GenerationEvent } from './events.js';
import { decodeBase64Image } from './image.js';
import { type Latents, prepareLatents } from './latents.js';
import type { Pipeline } from './pipeline.js';
import { createPreviewMeter } from './preview.js';
import { createProgressClock } from './progress-clock.js';
import { createTorchGenerator } from './random.js';
import { type ResolvedParams, toSeeds } from './request.js';
import { createScheduler } from './schedulers/index.js';
import { predictNoise } from './unet.js';
import { decodeLatents } from './vae.js';

export interface GenerateOptions {
  signal: AbortSignal;
  /** Asked after each step: is a preview due now? */
  wantPreview: () => boolean;
}

/**
 * Makes `params.count` pictures, image i from seed + i, one after another.
 * @throws the signal's reason between two steps; SafelightError INVALID_PARAMS | OUT_OF_MEMORY | ENGINE_FAILED
 */
export async function* generate(
  pipeline: Pipeline,
  params: ResolvedParams,
  { signal, wantPreview }: GenerateOptions,
): AsyncGenerator<GenerationEvent> {
  const { schedulerConfig: modelConfig, scalingFactor } = pipeline.folder;
  const newScheduler = () =>
    createScheduler({ modelConfig, name: params.scheduler, steps: params.steps, strength: params.strength });
  const clock = createProgressClock(params.count * newScheduler().timesteps.length);
  const meter = createPreviewMeter();

  // 1. Encode what the picture is made from: the prompts, and for img2img the picture to start with.
  yield { type: 'stage', name: 'encode' };
  const conditioning = await encodeConditioning(pipeline, params);
  const initPicture = params.initImage && (await decodeBase64Image(params.initImage, params));

  for (const [image, seed] of toSeeds(params).entries()) {
    // 2. A fresh scheduler and generator a picture: pictures share nothing, so each can be made again alone.
    const scheduler = newScheduler();
    const { timesteps } = scheduler;
    const { randn } = createTorchGenerator(seed);

    // 3. Start from noise, or from the init picture under the noise of the first timestep.
    let latents = await prepareLatents(pipeline, params, initPicture || undefined, scheduler, randn);
    const like = (data: Float32Array): Latents => ({ ...latents, data });

    // 4. Denoise: x_t → x_{t-1}.
    yield { type: 'stage', name: 'denoise' };
    for (const [stepIndex, timestep] of timesteps.entries()) {
      await nextTurn(); // lets a cancel message in: session.run holds the thread
      signal.throwIfAborted();
      const modelInput = like(scheduler.scaleModelInput(latents.data, stepIndex));
      const noisePred = await predictNoise(pipeline.unet, modelInput, timestep, conditioning);
      const drawNoise = () => randn(noisePred.length);
      const { prevSample, predOriginalSample } = scheduler.step(noisePred, stepIndex, latents.data, drawNoise);
      latents = like(prevSample);
      yield { type: 'progress', image, step: stepIndex + 1, steps: timesteps.length, ...clock.tick() };
      if (wantPreview() && meter.allows(clock)) {
        const picture = await meter.measure(() => pipeline.decodePreview(like(predOriginalSample)));
        yield { type: 'preview', image, step: stepIndex + 1, picture };
      }
    }

    // 5. Decode the final latents.
    signal.throwIfAborted();
    yield { type: 'stage', name: 'decode' };
    const picture = await decodeLatents(pipeline.vaeDecoder, latents, scalingFactor);
    yield { type: 'image', image, seed, picture };
  }
}
