/** The whole state of the UI and the one pure function that changes it. Pictures are not here: they go to the painter. */
import type { JobEvent, StageName } from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { PARAM_DEFAULTS } from '../protocol/params.js';
import { EDITS, type Edit, EMPTY_PROMPT, insert, type PromptText, toPromptText } from './prompt-editor.js';
import { addToHistory, type PromptHistory, recall } from './prompt-history.js';

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

export interface Job {
  request: GenerationRequest;
  stage: 'sending' | 'queued' | 'saving' | StageName;
  /** Of a stage that can tell, 0 … 1. */
  fraction: number | undefined;
  /** While queued; 0 = next to run. */
  position: number | undefined;
  progress: JobProgress | undefined;
  cancelling: boolean;
}

export interface Result {
  path: string;
  seed: number;
}

export interface Notice {
  kind: 'hint' | 'error';
  text: string;
}

export interface State {
  /** Who gets the keys: the prompt field, or the single-letter commands. */
  focus: 'prompt' | 'commands';
  prompt: PromptText;
  history: PromptHistory;
  params: Omit<GenerationRequest, 'prompt'>;
  job: Job | undefined;
  /** What ran last, with the seed that it used: `r` makes it again. */
  last: GenerationRequest | undefined;
  /** Newest last. */
  results: Result[];
  notice: Notice | undefined;
  help: boolean;
  /** Quit as soon as the running job has ended. */
  leaving: boolean;
}

export type Mode = 'editing' | 'watching' | 'idle';

export type Action =
  | { type: 'insert'; text: string }
  | { type: 'edit'; edit: Edit }
  | { type: 'recall'; direction: 'older' | 'newer' }
  | { type: 'focus'; on: State['focus'] }
  | { type: 'toggleHelp' }
  | { type: 'notice'; notice: Notice }
  | { type: 'leaving' }
  | { type: 'submitted'; request: GenerationRequest }
  | { type: 'cancelling' }
  | { type: 'event'; event: JobEvent }
  | { type: 'saved'; result: Result }
  | { type: 'broken'; message: string };

export function createState(params: State['params'], prompt = ''): State {
  return {
    focus: 'prompt',
    prompt: prompt === '' ? EMPTY_PROMPT : toPromptText(prompt),
    history: { entries: [], back: 0, draft: '' },
    params,
    job: undefined,
    last: undefined,
    results: [],
    notice: undefined,
    help: false,
    leaving: false,
  };
}

export function modeOf({ focus, job }: State): Mode {
  if (focus === 'prompt') return 'editing';
  return job === undefined ? 'idle' : 'watching';
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'insert':
      return { ...state, notice: undefined, prompt: insert(state.prompt, action.text) };
    case 'edit':
      return { ...state, notice: undefined, prompt: EDITS[action.edit](state.prompt) };
    case 'recall':
      return { ...state, ...recall(state.history, state.prompt, action.direction) };
    case 'focus':
      return { ...state, focus: action.on, notice: undefined, help: false };
    case 'toggleHelp':
      return { ...state, help: !state.help };
    case 'notice':
      return { ...state, notice: action.notice };
    case 'leaving':
      return { ...state, leaving: true };
    case 'submitted':
      return submit(state, action.request);
    case 'cancelling':
      return state.job === undefined ? state : { ...state, job: { ...state.job, cancelling: true } };
    case 'event':
      return state.job === undefined ? state : follow(state, state.job, action.event);
    case 'saved':
      return { ...state, results: [...state.results, action.result] };
    case 'broken':
      return end(state, { kind: 'error', text: action.message });
    default:
      return action satisfies never;
  }
}

function submit(state: State, request: GenerationRequest): State {
  return {
    ...state,
    focus: 'commands',
    help: false,
    notice: undefined,
    last: request,
    history: addToHistory(state.history, request.prompt),
    job: {
      request,
      stage: 'sending',
      fraction: undefined,
      position: undefined,
      progress: undefined,
      cancelling: false,
    },
  };
}

function end(state: State, notice: Notice | undefined): State {
  return { ...state, job: undefined, notice };
}

/** What the job's events change. Every job ends with exactly one of the last three. */
function follow(state: State, job: Job, event: JobEvent): State {
  switch (event.type) {
    case 'queued':
      return { ...state, job: { ...job, stage: 'queued', position: event.position } };
    case 'started':
      return { ...state, last: { ...job.request, seed: event.seeds[0] } };
    case 'stage':
      return { ...state, job: { ...job, stage: event.name, fraction: event.fraction } };
    case 'progress':
      return { ...state, job: { ...job, stage: 'denoise', fraction: undefined, progress: advance(job, event) } };
    case 'image':
      return { ...state, job: { ...job, stage: 'saving', fraction: undefined } };
    case 'completed':
      return end(state, undefined);
    case 'cancelled':
      return end(state, { kind: 'hint', text: 'Cancelled.' });
    case 'failed':
      return end(state, { kind: 'error', text: event.message });
    default:
      return event satisfies never;
  }
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
