/** What the steps of a pass follow, prompts and noise, and where they leave that for another course: `branchStep`. */
import { type Conditioning, encodeConditioning } from './conditioning.js';
import { createFirstNoise } from './first-noise.js';
import type { Pass } from './passes.js';
import type { Pipeline } from './pipeline.js';
import { createTorchGenerator } from './random.js';
import { type ResolvedParams, toBranched, toSeeds } from './request.js';
import type { Scheduler, SchedulerStep } from './schedulers/scheduler.js';

export interface Course {
  conditioning: Conditioning;
  /** Noise to begin with: the seed's own, or leaning towards a variation seed. */
  drawFirstNoise(count: number): Float32Array;
  /** The generator of the picture's seed, for all later draws. */
  randn(count: number): Float32Array;
}

export interface Branch {
  /** How many steps of the pass come before it. */
  step: number;
  /**
   * From the course so far and the last step before the branch to what comes after.
   * @param nextStepIndex of the scheduler, where the new course begins
   */
  enter(course: Course, step: SchedulerStep, nextStepIndex: number): { course: Course; sample: Float32Array };
}

/** @param image counts from 0 */
export async function openCourse(
  pipeline: Pipeline,
  params: ResolvedParams,
  pass: Pass,
  image: number,
): Promise<Course> {
  const conditioning = await encodeConditioning(pipeline, { ...params, ...pass });
  const { randn } = createTorchGenerator(toSeeds(params)[image]);
  return { conditioning, drawFirstNoise: createFirstNoise(params, image, randn), randn };
}

/**
 * With the same seed the latents go on as they are. With another one the predicted picture is put under new noise, as deep as the next
 * step expects it: SDEdit (arXiv 2108.01073), from a picture that is not finished yet.
 */
export async function openBranch(
  pipeline: Pipeline,
  params: ResolvedParams,
  pass: Pass,
  image: number,
  scheduler: Scheduler,
): Promise<Branch | undefined> {
  const { branchStep } = params;
  if (branchStep === undefined) return undefined;
  const branched = toBranched(params);
  const next = await openCourse(pipeline, branched, pass, image);
  return {
    step: branchStep,
    enter(course, { prevSample, predOriginalSample }, nextStepIndex) {
      if (branched.seed === params.seed)
        return { course: { ...course, conditioning: next.conditioning }, sample: prevSample };
      scheduler.forget?.();
      const noise = next.drawFirstNoise(prevSample.length);
      return { course: next, sample: scheduler.addNoise(predOriginalSample, noise, nextStepIndex) };
    },
  };
}
