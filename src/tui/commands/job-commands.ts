/** The commands that begin a contact sheet, and those that end jobs and the UI. */
import { PARAM_DEFAULTS } from '../../protocol/params.js';
import { targetOf } from '../state/context.js';
import { promptsOf } from '../state/form-state.js';
import { isSaved, type Job } from '../state/job-state.js';
import { activeJobs, type State, watchedJob } from '../state/state.js';
import { type CommandDeps, hint } from './deps.js';

export function createJobCommands({ store, jobs, cull, canLeave, retryNow, exit }: CommandDeps) {
  const { getState, dispatch } = store;

  function askCull(): void {
    const { form } = getState();
    const steps = form.values.steps ?? PARAM_DEFAULTS.steps;
    if (promptsOf(form)[0].trim() === '') hint(store, 'Describe a picture first.');
    else dispatch({ type: 'open', overlay: { kind: 'cull', seeds: 6, steps: Math.min(8, steps), row: 0 } });
  }

  /** In the queue the chosen job; else the one on screen, or the next that runs. */
  function toCancel(state: State): Job | undefined {
    if (state.screen === 'queue') return targetOf(state).job;
    const shown = watchedJob(state);
    return shown?.phase === 'active' ? shown : activeJobs(state)[0];
  }

  function cancel(): void {
    const state = getState();
    const job = toCancel(state);
    if (state.cull !== undefined && state.screen === 'create') cull.stop();
    else if (job?.phase === 'active') jobs.cancel(job.jobId);
    else hint(store, 'Nothing runs.');
  }

  function cancelAll(): void {
    cull.stop();
    jobs.cancelAll();
    leaveWhenSettled();
  }

  function leaveRunning(): void {
    if (canLeave) {
      jobs.leave();
      exit();
    } else hint(store, 'It runs in this program, and ends with it.');
  }

  /**
   * Asks about jobs that still have pictures to make. One whose pictures are saved is only waited for, so that the server hears
   * of it; a second time does not wait.
   */
  function quit(): void {
    const state = getState();
    const active = activeJobs(state).filter(({ cancelling }) => !cancelling);
    if (state.leaving || active.length === 0) exit();
    else if (active.every(isSaved)) leaveWhenSettled();
    else dispatch({ type: 'open', overlay: { kind: 'quit' } });
  }

  function leaveWhenSettled(): void {
    dispatch({ type: 'leaving' });
    void jobs.settled().then(exit);
  }

  /** Takes back the newest thing first: what lies over the screen, the sheet, the job on screen, the program. */
  function interrupt(): void {
    const { overlay, cull: sheet, ...state } = getState();
    const job = watchedJob(state);
    if (overlay !== undefined) dispatch({ type: 'close' });
    else if (sheet !== undefined) cull.stop();
    else if (job?.phase === 'active' && !job.cancelling) jobs.cancel(job.jobId);
    else quit();
  }

  return { cull: askCull, finish: () => cull.finish(), cancel, cancelAll, leaveRunning, quit, interrupt, retryNow };
}
