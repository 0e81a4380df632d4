/** What every scheduler offers the denoising loop: built fresh for each picture, addressed by step index, nothing shared. */

/** Latents, noise and model outputs travel flat, float32, NCHW `[1, channels, height/f, width/f]`. */
export interface SchedulerStep {
  /** x_{t-1}: the latents of the next step. */
  prevSample: Float32Array;
  /** x_0 as predicted at this step: what a preview shows. */
  predOriginalSample: Float32Array;
}

export interface Scheduler {
  /** The model's times in the order of the loop, one for each model call (PNDM and Heun make more calls than steps). */
  readonly timesteps: readonly number[];
  /** Noise levels beside the timesteps, where the algorithm has them (one more than timesteps: the last is the final one). */
  readonly sigmas: readonly number[] | undefined;
  /** Factor on the first noise of txt2img. */
  readonly initNoiseSigma: number;
  /** The model's input for this step: the sample, scaled where the algorithm wants it. */
  scaleModelInput(sample: Float32Array, stepIndex: number): Float32Array;
  /**
   * One step from x_t to x_{t-1}; must be called for each index in order, as multistep methods keep history.
   * @param modelOutput what the UNet said (after guidance), epsilon, v or sample as the config says
   * @param drawNoise standard normal noise of the sample's length; stochastic schedulers call it once a step
   */
  step(
    modelOutput: Float32Array,
    stepIndex: number,
    sample: Float32Array,
    drawNoise: () => Float32Array,
  ): SchedulerStep;
  /** The forward process q(x_t | x_0) at `timesteps[stepIndex]`: where img2img starts. */
  addNoise(originalSample: Float32Array, noise: Float32Array, stepIndex: number): Float32Array;
  /**
   * Is a step of the run finished after this model call? Left out where every call is a step.
   * @param call counts from 0  @param calls how many calls the run makes: img2img leaves the first ones out
   */
  endsStep?(call: number, calls: number): boolean;
  /** Only of those that keep history: drops it, between two steps, as the next sample does not follow from the last one. */
  forget?(): void;
}

/** For each model call of the run: does it finish a step? People count steps; Heun and PNDM make more calls than that. */
export function stepEnds({ timesteps, endsStep = () => true }: Scheduler): boolean[] {
  return timesteps.map((_, call) => endsStep(call, timesteps.length));
}

/** How many steps the run makes. */
export function countSteps(scheduler: Scheduler): number {
  return stepEnds(scheduler).filter(Boolean).length;
}
