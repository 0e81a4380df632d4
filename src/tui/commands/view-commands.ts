/** The commands that move between screens, in lists and out of what lies over them. */

import { randomSeed } from '../../client/random-seed.js';
import type { Job } from '../state/job-state.js';
import { toListRows } from '../state/list-rows.js';
import { EMPTY_LINE, type Overlay, WELCOME_CHOICES } from '../state/overlay.js';
import { toDraft } from '../state/request.js';
import { queueJobs, type ScreenName } from '../state/state.js';
import type { CommandDeps } from './deps.js';

const FAR = 1_000_000;

export function createViewCommands({ store, cull, files, measures, connector }: CommandDeps) {
  const { getState, dispatch } = store;

  function show(to: ScreenName): void {
    dispatch({ type: 'screen', to });
    if (to === 'gallery') files.list();
  }

  function move(by: 1 | -1): void {
    const { overlay, screen } = getState();
    if (overlay !== undefined) dispatch({ type: 'overlayMoved', by, last: lastOf(overlay) });
    else moveBy(screen === 'gallery' ? by * measures.galleryColumns : by);
  }

  function lastOf(overlay: Overlay): number {
    const isList = overlay.kind === 'picker' || overlay.kind === 'search';
    return (isList ? toListRows(overlay, getState()).length : measures.pages) - 1;
  }

  function moveBy(by: number): void {
    if (getState().screen === 'queue') dispatch({ type: 'queueMoved', by });
    else dispatch({ type: 'galleryMoved', by });
  }

  function filter(): void {
    dispatch({ type: 'galleryFiltering', on: true });
    files.lookAtAll();
  }

  /** Enter on a row of a list, or on a question. */
  function choose(): void {
    const state = getState();
    if (state.overlay !== undefined) chooseIn(state.overlay);
    else if (state.gallery.isFiltering) dispatch({ type: 'galleryFiltering', on: false });
    else showJob(queueJobs(state)[state.queueRow]);
  }

  function showJob(job: Job | undefined): void {
    if (job === undefined) return;
    dispatch({ type: 'watch', jobId: job.jobId });
    const path = job.results.at(-1)?.path;
    if (path !== undefined) files.show(path);
  }

  function chooseIn(overlay: Overlay): void {
    const isGone = overlay.kind !== 'connect' && overlay.kind !== 'welcome';
    if (isGone) dispatch({ type: 'close' });
    if (overlay.kind === 'connect') connector.go(overlay);
    else if (overlay.kind === 'welcome') welcome(WELCOME_CHOICES[overlay.row]);
    else if (overlay.kind === 'cull') startCull(overlay);
    else if (overlay.kind === 'picker' || overlay.kind === 'search') take(overlay);
  }

  function welcome(choice: (typeof WELCOME_CHOICES)[number]): void {
    if (choice === 'server') connect();
    else {
      dispatch({ type: 'close' });
      connector.stay();
    }
  }

  function connect(): void {
    dispatch({ type: 'open', overlay: { kind: 'connect', query: EMPTY_LINE, phase: 'typing', checks: [] } });
  }

  function startCull(asked: { seeds: number; steps: number }): void {
    const { form } = getState();
    cull.start(toDraft(form).request, form.values.seed ?? randomSeed(), asked);
  }

  function take(list: Extract<Overlay, { kind: 'picker' | 'search' }>): void {
    const rows = toListRows(list, getState());
    const row = rows[list.row];
    if (row === undefined) return;
    if (list.kind === 'picker') dispatch({ type: 'setField', name: list.field, value: row });
    else dispatch({ type: 'setText', text: row });
  }

  function close(): void {
    const { overlay, gallery, cull: sheet } = getState();
    if (overlay?.kind === 'welcome') welcome('here');
    else if (overlay !== undefined) dispatch({ type: 'close' });
    else if (gallery.isFiltering) {
      dispatch({ type: 'galleryText', action: { type: 'replace', text: '' } });
      dispatch({ type: 'galleryFiltering', on: false });
    } else if (sheet !== undefined) cull.stop();
  }

  return {
    choose,
    close,
    connect,
    toCreate: () => show('create'),
    toQueue: () => show('queue'),
    toGallery: () => show('gallery'),
    toServer: () => show('server'),
    moveUp: () => move(-1),
    moveDown: () => move(1),
    moveLeft: () => dispatch({ type: 'galleryMoved', by: -1 }),
    moveRight: () => dispatch({ type: 'galleryMoved', by: 1 }),
    pageUp: () => moveBy(-FAR),
    pageDown: () => moveBy(FAR),
    filter,
    help: () => dispatch({ type: 'open', overlay: { kind: 'help', page: 0 } }),
  };
}
