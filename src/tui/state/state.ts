/** The whole state of the UI and the one pure function that changes it. Pictures are not here: they go to the painter. */
import type { LinkNews } from '../../client/client.js';
import type { Capabilities, JobEvent } from '../../protocol/messages.js';
import type { GenerationRequest } from '../../protocol/params.js';
import { addToHistory, type PromptHistory, recall, toNewest, withEarlier } from '../prompt-history.js';
import { type CullAction, type CullState, reduceCull } from './cull-state.js';
import { aspectOf, createForm, type FormAction, type FormState, reduceForm } from './form-state.js';
import { EMPTY_GALLERY, type GalleryAction, type GalleryState, reduceGallery } from './gallery-state.js';
import { createJob, fail, follow, hasPicture, isActive, type Job, type Result } from './job-state.js';
import { type Overlay, type OverlayAction, reduceOverlay } from './overlay.js';

export const SCREENS = ['create', 'queue', 'gallery', 'server'] as const;
export type ScreenName = (typeof SCREENS)[number];

export interface Notice {
  kind: 'hint' | 'error';
  text: string;
}

export type LinkState = LinkNews;

export interface State {
  screen: ScreenName;
  form: FormState;
  history: PromptHistory;
  /** Oldest first. */
  jobs: readonly Job[];
  /** Whose progress is shown, and whose picture as soon as there is one. */
  watched: string | undefined;
  /** Whose picture is on screen. */
  shown: string | undefined;
  /** Chosen row of the queue's list, newest first. */
  queueRow: number;
  gallery: GalleryState;
  cull: CullState | undefined;
  overlay: Overlay | undefined;
  capabilities: Capabilities;
  link: LinkState;
  /** Bytes that came from this server this month; undefined = not counted. */
  usedBytes: number | undefined;
  /** What the wildcards of the prompts stand for this time. */
  expansion: Expansion | undefined;
  notice: Notice | undefined;
  /** Quit as soon as the running jobs have ended. */
  leaving: boolean;
}

export interface Expansion {
  /** Of the form that it was made for. */
  key: string;
  /** Prompt and negative prompt. */
  texts: readonly [string, string];
  /** That it was drawn from. */
  seed: number;
  /** A list that is not there. */
  trouble: string | undefined;
}

export type Action =
  | FormAction
  | GalleryAction
  | CullAction
  | OverlayAction
  | { type: 'screen'; to: ScreenName }
  | { type: 'recall'; direction: 'older' | 'newer' }
  | { type: 'remembered'; prompts: readonly string[] }
  | { type: 'notice'; notice: Notice | undefined }
  | { type: 'leaving' }
  | { type: 'queueMoved'; by: number }
  | { type: 'watch'; jobId: string }
  | { type: 'submitted'; jobId: string; request: GenerationRequest }
  | { type: 'cancelling'; jobId: string }
  | { type: 'event'; event: JobEvent }
  | { type: 'saved'; jobId: string; result: Result }
  | { type: 'broken'; jobId: string; message: string }
  | { type: 'expanded'; expansion: Expansion | undefined }
  | { type: 'link'; link: LinkState }
  | { type: 'used'; bytes: number };

export interface StateOptions {
  params: Omit<GenerationRequest, 'prompt'>;
  prompt?: string | undefined;
  capabilities: Capabilities;
}

export function createState({ params, prompt, capabilities }: StateOptions): State {
  return {
    screen: 'create',
    form: createForm(params, prompt),
    history: { isRead: false, entries: [], back: 0, draft: '' },
    ...{
      jobs: [],
      watched: undefined,
      shown: undefined,
      queueRow: 0,
      gallery: EMPTY_GALLERY,
      cull: undefined,
      overlay: undefined,
    },
    ...{ capabilities, link: { state: 'up' }, usedBytes: undefined, expansion: undefined },
    ...{ notice: undefined, leaving: false },
  };
}

export function activeJobs({ jobs }: Pick<State, 'jobs'>): Job[] {
  return jobs.filter(isActive);
}

export function watchedJob({ jobs, watched }: Pick<State, 'jobs' | 'watched'>): Job | undefined {
  return jobs.find(({ jobId }) => jobId === watched);
}

/** Newest first, as the queue lists them. */
export function queueJobs({ jobs }: Pick<State, 'jobs'>): Job[] {
  return jobs.toReversed();
}

export function resultsOf({ jobs }: Pick<State, 'jobs'>): Result[] {
  return jobs.flatMap(({ results }) => results);
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'screen':
      return { ...state, screen: action.to, overlay: undefined, form: { ...state.form, focus: undefined } };
    case 'recall':
      return withRecalled(state, action.direction);
    case 'remembered':
      return { ...state, history: withEarlier(state.history, action.prompts) };
    case 'notice':
      return { ...state, notice: action.notice };
    case 'leaving':
      return { ...state, leaving: true, overlay: undefined };
    case 'queueMoved': {
      const last = Math.max(0, state.jobs.length - 1);
      return { ...state, queueRow: Math.min(last, Math.max(0, state.queueRow + action.by)) };
    }
    case 'watch':
      return withShown({ ...state, watched: action.jobId, screen: 'create' });
    case 'sent':
      return { ...reducePart(state, action), history: toNewest(state.history) };
    case 'submitted':
      return submit(state, action);
    case 'cancelling':
      return withJob(state, action.jobId, (job) => ({ ...job, cancelling: true }));
    case 'event':
      return hear(state, action.event);
    case 'saved':
      return withJob(state, action.jobId, (job) => ({ ...job, results: [...job.results, action.result] }));
    case 'broken': {
      const broken = withJob(state, action.jobId, (job) => fail(job, action.message));
      return { ...broken, notice: { kind: 'error', text: action.message } };
    }
    case 'expanded':
      return { ...state, expansion: action.expansion };
    case 'link':
      return { ...state, link: action.link };
    case 'used':
      return { ...state, usedBytes: action.bytes };
    default:
      return reducePart(state, action);
  }
}

function reducePart(state: State, action: FormAction | GalleryAction | CullAction | OverlayAction): State {
  switch (action.type) {
    case 'galleryListed':
    case 'galleryTold':
    case 'galleryRemoved':
    case 'galleryMoved':
    case 'galleryText':
    case 'galleryFiltering':
      return { ...state, gallery: reduceGallery(state.gallery, action) };
    case 'cullStarted':
    case 'cullFrame':
    case 'cullPick':
    case 'cullEnded':
      return { ...state, cull: reduceCull(state.cull, action) };
    case 'open':
    case 'close':
    case 'overlayMoved':
    case 'overlayText':
    case 'overlayStepped':
    case 'connectChecked':
      return { ...state, overlay: reduceOverlay(state.overlay, action) };
    default:
      return { ...state, form: reduceForm(state.form, action, state), notice: undefined };
  }
}

function withRecalled(state: State, direction: 'older' | 'newer'): State {
  const { history, prompt } = recall(state.history, state.form.prompt.prompt, direction);
  const form: FormState = { ...state.form, focus: 'prompt' };
  return { ...state, history, form: reduceForm(form, { type: 'setText', text: prompt.text }, state) };
}

function submit(state: State, { jobId, request }: Extract<Action, { type: 'submitted' }>): State {
  const jobs = [...state.jobs, createJob(jobId, request)];
  // The chosen row of the queue stays the same job, and the draft in the form is not touched.
  const queueRow = state.queueRow === 0 ? 0 : state.queueRow + 1;
  const isWatching = watchedJob(state)?.phase === 'active';
  return {
    ...{ ...state, jobs, queueRow, notice: undefined, expansion: undefined },
    watched: isWatching ? state.watched : jobId,
    history: addToHistory(state.history, request.branchPrompt ?? request.prompt),
  };
}

/** The job that is watched has its picture on screen from its first step on. */
function withShown(state: State): State {
  const job = watchedJob(state);
  return job !== undefined && hasPicture(job) ? { ...state, shown: job.jobId } : state;
}

/** What the box on screen is made for: the picture in it, else the one that comes, else what the form says. Width / height. */
export function shownAspect(state: State): number {
  const job = state.jobs.find(({ jobId }) => jobId === state.shown) ?? watchedJob(state);
  return aspectOf(job === undefined ? state.form : { values: job.request });
}

function withJob(state: State, jobId: string, change: (job: Job) => Job): State {
  return { ...state, jobs: state.jobs.map((job) => (job.jobId === jobId ? change(job) : job)) };
}

function hear(state: State, event: JobEvent): State {
  const followed = withJob(state, event.jobId, (job) => follow(job, event));
  const next = withShown(withNotes(followed, event));
  // The eye follows the lamp: a job that begins is shown, unless the one on screen is still at work.
  if (event.type === 'started' && watchedJob(state)?.phase !== 'active') return { ...next, watched: event.jobId };
  if (event.jobId !== state.watched) return next;
  if (event.type === 'cancelled') return { ...next, notice: { kind: 'hint', text: 'Cancelled.' } };
  if (event.type === 'failed') return { ...next, notice: { kind: 'error', text: event.message } };
  return next;
}

/** Shown for any job, watched or not, because notes are sent only once. */
function withNotes(state: State, event: JobEvent): State {
  if (event.type !== 'stage' || event.notes === undefined) return state;
  return { ...state, notice: { kind: 'hint', text: event.notes.join(' ') } };
}
