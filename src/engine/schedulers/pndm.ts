/**
 * PNDM without its Runge–Kutta start, as Stable Diffusion uses it (PLMS): "Pseudo Numerical Methods for Diffusion Models
 * on Manifolds" (arXiv 2202.09778), formulas (9) and (12). The second timestep is visited twice, so a run of n steps calls
 * the model n + 1 times. Checked against diffusers 0.42.1 scheduling_pndm.py by tests/goldens/schedulers.json.
 */
import type { SchedulerConfig } from './config.js';
import { createAlphasCumprod, spaceTimesteps } from './noise-schedule.js';
import { combine, toPrediction } from './prediction.js';
import type { Scheduler } from './scheduler.js';

export function createPndm(config: SchedulerConfig, steps: number): Scheduler {
  const alphasCumprod = createAlphasCumprod(config);
  const timesteps = repeatSecond(spaceTimesteps(config, steps, 'round'));
  const stride = Math.floor(config.num_train_timesteps / steps);
  const finalAlphaCumprod = config.set_alpha_to_one ? 1 : alphasCumprod[0];
  const alphaProdAt = (timestep: number) => (timestep >= 0 ? alphasCumprod[timestep] : finalAlphaCumprod);
  /** The newest four, last first. */
  let outputs: Float32Array[] = [];
  let calls = 0;
  let firstSample: Float32Array | undefined;

  /** Formula (9): from `timestep` to `prevTimestep` along ε. */
  function transfer(sample: Float32Array, timestep: number, prevTimestep: number, output: Float32Array): Float32Array {
    const [alphaProd, alphaProdPrev] = [alphaProdAt(timestep), alphaProdAt(prevTimestep)];
    const epsilon = toEpsilon(config, output, sample, alphaProd);
    const denominator =
      alphaProd * Math.sqrt(1 - alphaProdPrev) + Math.sqrt(alphaProd * (1 - alphaProd) * alphaProdPrev);
    return combine(Math.sqrt(alphaProdPrev / alphaProd), sample, -(alphaProdPrev - alphaProd) / denominator, epsilon);
  }

  return {
    timesteps,
    sigmas: undefined,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(modelOutput, stepIndex, sample) {
      const timestep = timesteps[stepIndex];
      const { predOriginalSample } = toPrediction(
        config.prediction_type,
        modelOutput,
        sample,
        Math.sqrt(alphaProdAt(timestep)),
        Math.sqrt(1 - alphaProdAt(timestep)),
      );
      const isSecondCall = calls === 1;
      calls += 1;
      if (isSecondCall && firstSample !== undefined) {
        // The first step again, from where it began, with the mean of both ends' outputs (Heun's correction).
        const mean = combine(0.5, modelOutput, 0.5, outputs[0]);
        return { prevSample: transfer(firstSample, timestep + stride, timestep, mean), predOriginalSample };
      }
      firstSample ??= sample;
      outputs = [modelOutput, ...outputs.slice(0, 3)];
      return { prevSample: transfer(sample, timestep, timestep - stride, extrapolate(outputs)), predOriginalSample };
    },
    addNoise(originalSample, noise, stepIndex) {
      const alphaProd = alphaProdAt(timesteps[stepIndex]);
      return combine(Math.sqrt(alphaProd), originalSample, Math.sqrt(1 - alphaProd), noise);
    },
    // The second call corrects the first, also where img2img starts with two different timesteps.
    endsStep: (call, calls) => call > 0 || calls === 1,
    forget() {
      outputs = [];
    },
  };
}

function repeatSecond(timesteps: number[]): number[] {
  return timesteps.length < 2 ? timesteps : [timesteps[0], timesteps[1], ...timesteps.slice(1)];
}

/** Formula (12): Adams–Bashforth of the order that the history allows. */
function extrapolate(outputs: Float32Array[]): Float32Array {
  const weights = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]];
  const own = weights[outputs.length - 1];
  return outputs[0].map((_, i) => own.reduce((sum, weight, k) => sum + weight * outputs[k][i], 0));
}

/** Only here v becomes ε, after the mixing, as diffusers does it. */
function toEpsilon(
  config: SchedulerConfig,
  output: Float32Array,
  sample: Float32Array,
  alphaProd: number,
): Float32Array {
  if (config.prediction_type === 'epsilon') return output;
  return combine(Math.sqrt(alphaProd), output, Math.sqrt(1 - alphaProd), sample);
}
