/** The jobs of this session: what was asked, how far each is, and what came of it. Pure. */
import type { JobEvent, StageName } from '../../protocol/messages.js';
import { type GenerationRequest, PARAM_DEFAULTS } from '../../protocol/params.js';

export interface JobProgress {
  /** Counts from 0. */
  image: number;
  count: number;
  /** Finished steps of this image. */
  step: number;
  steps: number;
  /** Of the whole job. */
  elapsedMs: number;
  etaMs: number;
  /** A moving mean; unknown until two steps were seen. */
  stepsPerSecond: number | undefined;
}

export interface Result {
  path: string;
  seed: number;
}

export interface Job {
  jobId: string;
  /** As it was asked for, with its seed as soon as that is known: the same again. */
  request: GenerationRequest;
  phase: 'active' | 'completed' | 'cancelled' | 'failed';
  stage: 'sending' | 'queued' | 'saving' | StageName;
  /** Of a stage that can tell, 0 … 1. */
  fraction: number | undefined;
  /** While queued; 0 = next to run. */
  position: number | undefined;
  progress: JobProgress | undefined;
  cancelling: boolean;
  results: readonly Result[];
  /** Why it failed. */
  trouble: string | undefined;
}

export function createJob(jobId: string, request: GenerationRequest): Job {
  return {
    ...{ jobId, request, phase: 'active', stage: 'sending', cancelling: false, results: [] },
    ...{ fraction: undefined, position: undefined, progress: undefined, trouble: undefined },
  };
}

/** Waits, runs or is being saved. */
export function isActive({ phase }: Job): boolean {
  return phase === 'active';
}

/** Every picture is on the disk: what is still to come is the server's last word. */
export function isSaved({ request: { count = PARAM_DEFAULTS.count }, results }: Job): boolean {
  return results.length >= count;
}

/** A look at it was sent, or it is saved. */
export function hasPicture({ progress, results }: Job): boolean {
  return progress !== undefined || results.length > 0;
}

/** What the job's events change. Every job ends with exactly one of the last three. */
export function follow(job: Job, event: JobEvent): Job {
  switch (event.type) {
    case 'queued':
      return { ...job, stage: 'queued', position: event.position };
    case 'started':
      // Another life of the server begins it anew.
      return { ...job, position: undefined, progress: undefined, request: { ...job.request, seed: event.seeds[0] } };
    case 'stage':
      return { ...job, stage: event.name, fraction: event.fraction };
    case 'progress':
      return { ...job, stage: 'denoise', fraction: undefined, progress: advance(job, event) };
    case 'image':
      return { ...job, stage: 'saving', fraction: undefined };
    case 'completed':
    case 'cancelled':
      return { ...job, phase: event.type, cancelling: false };
    case 'failed':
      return fail(job, event.message);
    default:
      return event satisfies never;
  }
}

export function fail(job: Job, trouble: string): Job {
  return { ...job, phase: 'failed', cancelling: false, trouble };
}

/** Weight of the newest measure in the moving mean. */
const RATE_WEIGHT = 0.2;

function advance(job: Job, event: Extract<JobEvent, { type: 'progress' }>): JobProgress {
  const { image, step, steps, elapsedMs, etaMs } = event;
  const count = job.request.count ?? PARAM_DEFAULTS.count;
  return { image, count, step, steps, elapsedMs, etaMs, stepsPerSecond: toStepsPerSecond(job.progress, event) };
}

/** The server may merge progress, so one event can be several steps. */
function toStepsPerSecond(
  before: JobProgress | undefined,
  { image, step, steps, elapsedMs }: Pick<JobProgress, 'image' | 'step' | 'steps' | 'elapsedMs'>,
): number | undefined {
  if (before === undefined) return undefined;
  const done = (image - before.image) * steps + step - before.step;
  const seconds = (elapsedMs - before.elapsedMs) / 1000;
  if (done <= 0 || seconds <= 0) return before.stepsPerSecond;
  const mean = before.stepsPerSecond ?? done / seconds;
  return mean + RATE_WEIGHT * (done / seconds - mean);
}
