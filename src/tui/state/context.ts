/** Who gets the keys now, and what they are about: the picture or job that is chosen on this screen. Pure. */
import type { GenerationRequest } from '../../protocol/params.js';
import type { Command, KeyContext } from '../key-bindings.js';
import { chosenOf } from './gallery-state.js';
import { isActive, type Job } from './job-state.js';
import type { Overlay } from './overlay.js';
import { activeJobs, queueJobs, type State, watchedJob } from './state.js';

const OVERLAY_CONTEXTS: Record<Overlay['kind'], KeyContext> = {
  help: 'reading',
  info: 'reading',
  quit: 'quitting',
  picker: 'list',
  search: 'list',
  connect: 'list',
  delete: 'question',
  cull: 'culling',
  welcome: 'welcome',
};

export function contextOf({ overlay, screen, form, gallery, cull }: State): KeyContext {
  if (overlay !== undefined) return OVERLAY_CONTEXTS[overlay.kind];
  if (screen === 'gallery' && gallery.isFiltering) return 'filter';
  if (screen !== 'create') return screen;
  if (cull !== undefined) return 'cull';
  if (form.focus === undefined) return 'create';
  if (form.focus !== 'fields') return 'prompt';
  return form.typed === undefined ? 'fields' : 'typing';
}

export interface Target {
  job: Job | undefined;
  /** What makes it again. */
  request: GenerationRequest | undefined;
  /** Of the newest file that came of it. */
  path: string | undefined;
}

/** On Create the job on screen, else the newest; in the lists the chosen one. */
export function targetOf(state: State): Target {
  if (state.screen === 'gallery') {
    const item = chosenOf(state.gallery);
    const request = item && state.gallery.details.get(item.path)?.request;
    return { job: undefined, request, path: item?.path };
  }
  const job = state.screen === 'queue' ? queueJobs(state)[state.queueRow] : (watchedJob(state) ?? state.jobs.at(-1));
  return { job, request: job?.request, path: job?.results.at(-1)?.path };
}

/** What would do nothing now: the footer leaves it out. */
export function idleCommands(state: State): Set<Command> {
  const { job, request, path } = targetOf(state);
  const idle = new Set<Command>();
  if (state.link.state === 'up') idle.add('retryNow');
  const runs = state.screen === 'create' ? activeJobs(state).length > 0 : job !== undefined && isActive(job);
  if (!runs && state.cull === undefined) idle.add('cancel');
  if (request === undefined) for (const command of REPEATS) idle.add(command);
  if (request === undefined && state.screen !== 'create') idle.add('edit');
  if (state.screen === 'queue' && job === undefined) idle.add('choose');
  if (path === undefined) for (const command of FILES) idle.add(command);
  return idle;
}

const REPEATS: readonly Command[] = ['again', 'newSeed', 'variations', 'moreSteps', 'hires', 'branch'];
const FILES: readonly Command[] = ['open', 'copyPath', 'info', 'remove'];
