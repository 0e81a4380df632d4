/** What a running job tells in words: stage, steps, rate and time left. */
import type { Job, JobProgress } from './state/job-state.js';

/** `0:07`, `12:30`, `1:02:03`; rounded up, so that it says 0:00 only when nothing is left. */
export function toClock(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** Steps in a second, or seconds a step where a step is slower than that. */
export function toRate(stepsPerSecond: number): string {
  if (stepsPerSecond >= 1) return `${stepsPerSecond.toFixed(1)} it/s`;
  return `${(1 / stepsPerSecond).toFixed(1)} s/it`;
}

function stepText({ step, steps }: JobProgress): string {
  return `step ${step}/${steps}`;
}

/** `step 12/25 · 18.2 it/s · 0:01 left` */
export function progressText(progress: JobProgress): string {
  const { stepsPerSecond, etaMs } = progress;
  const parts = [stepText(progress), `${toClock(etaMs)} left`];
  if (stepsPerSecond !== undefined) parts.splice(1, 0, toRate(stepsPerSecond));
  return parts.join(' · ');
}

const STAGE_WORDS: Record<Job['stage'], string> = {
  sending: 'sending',
  queued: 'waiting',
  download: 'downloading the model',
  load: 'loading the model',
  encode: 'reading the prompt',
  denoise: 'developing',
  decode: 'fixing',
  saving: 'fetching',
};

/** @param isLost nothing is heard of the job: no time left is promised */
export function jobWords({ stage, fraction, position, progress, cancelling }: Job, isLost = false): string {
  if (isLost)
    return [cancelling ? 'cancelling' : progress && stepText(progress), 'connection lost'].filter(Boolean).join(' · ');
  if (cancelling) return 'cancelling…';
  if (stage === 'queued' && position !== undefined) {
    return position === 0 ? 'waiting · next in line' : `waiting · ${position} before this one`;
  }
  if (stage === 'denoise' && progress !== undefined) return progressText(progress);
  const percent = fraction === undefined ? '' : ` ${Math.round(fraction * 100)} %`;
  return `${STAGE_WORDS[stage]}${percent}…`;
}

/** `picture 2 of 4`; nothing for a single one. */
export function pictureText({ image, count }: JobProgress): string {
  return count > 1 ? `picture ${image + 1} of ${count}` : '';
}

/** 0 … 1 over all pictures of the job. */
export function progressFraction({ image, count, step, steps }: JobProgress): number {
  return (image * steps + step) / (count * steps);
}

/** A bar of exactly `columns` cells: how many are filled. A started job shows one, only a finished one shows all. */
export function filledCells(fraction: number, columns: number): number {
  if (fraction >= 1) return columns;
  if (fraction <= 0) return 0;
  return Math.max(1, Math.min(columns - 1, Math.floor(fraction * columns)));
}
