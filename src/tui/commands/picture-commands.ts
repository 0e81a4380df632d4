/** The commands about a picture: the one on screen, or the one that is chosen in a list. */
import { randomSeed } from '../../client/random-seed.js';
import { type GenerationRequest, PARAM_DEFAULTS, stepsOfStrength } from '../../protocol/params.js';
import { targetOf } from '../state/context.js';
import { withHires, withMoreSteps, withVariations } from '../state/request.js';
import { type CommandDeps, hint } from './deps.js';

export function createPictureCommands({ store, jobs, files }: CommandDeps) {
  const { getState, dispatch } = store;

  function withRequest(use: (request: GenerationRequest) => void): void {
    const { request } = targetOf(getState());
    if (request === undefined) hint(store, 'Nothing to repeat yet: press e and describe a picture.');
    else use(request);
  }

  function withFile(use: (path: string) => void): void {
    const { path } = targetOf(getState());
    if (path === undefined) hint(store, 'There is no saved picture here yet.');
    else use(path);
  }

  /** Its parameters into the form; on Create, whose form has them, just back to the prompt. */
  function edit(): void {
    const state = getState();
    const { request } = targetOf(state);
    if (request !== undefined && state.screen !== 'create') dispatch({ type: 'take', request });
    dispatch({ type: 'screen', to: 'create' });
    dispatch({ type: 'focus', on: 'prompt' });
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
    dispatch({ type: 'screen', to: 'create' });
    dispatch({ type: 'take', request });
    dispatch({
      type: 'branch',
      branch: { base: request, step: Math.min(steps - 1, Math.max(1, Math.floor(reached))) },
    });
    hint(store, 'Change the prompt, the guidance or the seed; Enter forks, Esc leaves it.');
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
