/** The commands about a picture: the one on screen, or the one that is chosen in a list. */
import { randomSeed } from '../../client/random-seed.js';
import { type GenerationRequest, PARAM_DEFAULTS, stepsOfStrength } from '../../protocol/params.js';
import { joinKeys } from '../key-help.js';
import { contextOf, targetOf } from '../state/context.js';
import { withHires, withMoreSteps, withVariations } from '../state/request.js';
import { type CommandDeps, hint } from './deps.js';

export function createPictureCommands({ store, jobs, files, keys }: CommandDeps) {
  const { getState, dispatch } = store;

  function withRequest(use: (request: GenerationRequest) => void): void {
    const { request } = targetOf(getState());
    const key = keys('edit', contextOf(getState()));
    if (request !== undefined) use(request);
    else hint(store, `Nothing to repeat yet${key === undefined ? '' : `: press ${key} and describe a picture`}.`);
  }

  function withFile(use: (path: string) => void): void {
    const { path } = targetOf(getState());
    if (path === undefined) hint(store, 'There is no saved picture here yet.');
    else use(path);
  }

  /** Its parameters over the draft; on Create just back to the prompt. */
  function edit(): void {
    const state = getState();
    const { request } = targetOf(state);
    const isTaken = request !== undefined && state.screen !== 'create';
    dispatch({ type: 'screen', to: 'create' });
    if (isTaken) dispatch({ type: 'take', request });
    dispatch({ type: 'focus', on: 'prompt' });
    const key = keys('leave', 'prompt');
    if (isTaken && key !== undefined) hint(store, `These are the picture’s settings. ${key} brings your draft back.`);
  }

  function hires(request: GenerationRequest): void {
    const larger = withHires(request);
    if (larger === undefined) hint(store, 'It is as large as it gets.');
    else jobs.start(larger);
  }

  /** At the step on screen; of a finished job at half of its steps, where much is open still. */
  function branch(request: GenerationRequest): void {
    const { job } = targetOf(getState());
    const { steps: asked = PARAM_DEFAULTS.steps, strength = PARAM_DEFAULTS.strength, initImage } = request;
    const steps = initImage === undefined ? asked : stepsOfStrength(asked, strength);
    const { progress } = job?.phase === 'active' ? job : {};
    const reached = progress?.step ?? steps / 2;
    const step = Math.min(steps - 1, Math.max(1, Math.floor(reached)));
    dispatch({ type: 'screen', to: 'create' });
    dispatch({ type: 'take', request, branch: { base: request, step } });
    const ways = joinKeys([keys('generate', 'prompt'), 'forks'], [keys('leave', 'prompt'), 'brings your draft back']);
    hint(store, `Change the prompt, the guidance or the seed.${ways === '' ? '' : ` ${ways}.`}`);
  }

  function copyPrompt({ prompt }: GenerationRequest): void {
    files.copy(prompt, 'The prompt');
  }

  function remove(path: string): void {
    dispatch({ type: 'open', overlay: { kind: 'delete', path } });
  }

  function yes(): void {
    const { overlay } = getState();
    dispatch({ type: 'close' });
    if (overlay?.kind === 'delete') files.remove(overlay.path);
  }

  return {
    edit,
    yes,
    again: () => withRequest(jobs.start),
    newSeed: () => withRequest((request) => jobs.start({ ...request, seed: undefined })),
    variations: () => withRequest((request) => jobs.start(withVariations(request, randomSeed()))),
    moreSteps: () => withRequest((request) => jobs.start(withMoreSteps(request))),
    hires: () => withRequest(hires),
    branch: () => withRequest(branch),
    copyPrompt: () => withRequest(copyPrompt),
    open: () => withFile(files.open),
    copyPath: () => withFile((path) => files.copy(path, 'The path')),
    info: () => withFile(files.tell),
    remove: () => withFile(remove),
  };
}
