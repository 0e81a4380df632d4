/** What the plain UI says of each change: all that matters, and seldom enough to be heard out. */
import { jobWords, pictureText, progressFraction, progressText } from './progress-text.js';
import { isActive, type Job } from './state/job-state.js';
import { activeJobs, type LinkState, type State } from './state/state.js';
import type { Store } from './store.js';

/** Of a job: how often it says how far it is, its end counted. */
const TOLD_SHARES = 4;
const LINK_WORDS: Record<LinkState['state'], string> = {
  down: 'The connection to the server is lost. Retrying until it answers; running jobs continue then.',
  up: 'The connection to the server is back.',
};

/** @returns what to call after each change */
export function createTeller({ getState }: Pick<Store, 'getState'>, say: (line: string) => void): () => void {
  let before = getState();
  return () => {
    const now = getState();
    for (const line of changesOf(before, now)) say(line);
    before = now;
  };
}

export function changesOf(before: State, now: State): string[] {
  const areSeveral = Math.max(activeJobs(before).length, activeJobs(now).length) > 1;
  const lines = now.jobs.flatMap((job, at) => {
    const told = changesOfJob(before.jobs[at], job);
    return areSeveral ? told.map((line) => `Job ${at + 1}: ${line}`) : told;
  });
  if (now.link.state !== before.link.state) lines.push(LINK_WORDS[now.link.state]);
  // A job that ends leaves a notice, too.
  if (lines.length === 0 && now.notice !== undefined && now.notice !== before.notice) lines.push(now.notice.text);
  return lines;
}

function changesOfJob(old: Job | undefined, job: Job): string[] {
  if (old === undefined) return [`Sent: ${job.request.prompt}`];
  const lines = job.results.slice(old.results.length).map(({ path }) => `Saved ${path}`);
  if (isActive(job)) lines.push(...stepsOf(old, job));
  if (job.cancelling && !old.cancelling) lines.push('Cancelling.');
  if (job.phase !== old.phase) lines.push(...endOf(job));
  return lines;
}

/** The line in front of it, the model that must come first, then its steps. */
function stepsOf(old: Job, job: Job): string[] {
  const { stage, position, progress } = job;
  if (stage === 'queued' && position !== old.position && (position ?? 0) > 0) return [sentence(jobWords(job))];
  if ((stage === 'download' || stage === 'load') && stage !== old.stage)
    return [sentence(jobWords({ ...job, fraction: undefined }))];
  if (progress === undefined || shareOf(job) <= shareOf(old) || shareOf(job) === TOLD_SHARES) return [];
  return [sentence([pictureText(progress), progressText(progress)].filter(Boolean).join(', '))];
}

function endOf({ phase, trouble }: Job): string[] {
  if (phase === 'failed') return [`Failed: ${trouble ?? 'the server does not say why'}`];
  return phase === 'cancelled' ? ['Cancelled.'] : [];
}

function shareOf({ progress }: Job): number {
  return progress === undefined ? 0 : Math.floor(TOLD_SHARES * progressFraction(progress));
}

/** Dots in the middle are read aloud by name. */
function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replaceAll(' ·', ',').replace(/…$/, '')}.`;
}
