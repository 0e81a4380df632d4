/** What each command does: the one switch between keys and the rest. */
import { PARAM_LIMITS } from '../protocol/params.js';
import type { Generation } from './generation.js';
import type { Command } from './keys.js';
import { isEdit } from './prompt-editor.js';
import type { Store } from './store.js';

export interface CommandDeps {
  store: Store;
  generation: Pick<Generation, 'start' | 'cancel' | 'settled'>;
  /** Closes the UI. */
  exit(): void;
}

export type RunCommand = (command: Command) => void;

export function createCommands({ store, generation, exit }: CommandDeps): RunCommand {
  const { getState, dispatch } = store;
  const hint = (text: string) => dispatch({ type: 'notice', notice: { kind: 'hint', text } });

  function generate(): void {
    const { prompt, params } = getState();
    const text = prompt.text.trim();
    if (text === '') hint('Describe a picture first.');
    else if (text.length > PARAM_LIMITS.promptChars) hint(`At most ${PARAM_LIMITS.promptChars} characters, please.`);
    else generation.start({ ...params, prompt: text });
  }

  /** @param seed 'new' leaves it to the server, which tells what it drew */
  function again(seed: 'same' | 'new'): void {
    const { last } = getState();
    if (last === undefined) hint('Nothing to repeat yet: press e and describe a picture.');
    else generation.start(seed === 'same' ? last : { ...last, seed: undefined });
  }

  function cancel(): void {
    if (getState().job === undefined) hint('Nothing runs.');
    else generation.cancel();
  }

  /** A running job is told to stop and waited for; asking again does not wait. */
  function quit(): void {
    const { job, leaving } = getState();
    if (job === undefined || leaving) {
      exit();
    } else {
      dispatch({ type: 'leaving' });
      generation.cancel();
      void generation.settled.then(exit);
    }
  }

  function interrupt(): void {
    const { job } = getState();
    if (job === undefined || job.cancelling) exit();
    else generation.cancel();
  }

  return (command) => {
    if (isEdit(command)) return dispatch({ type: 'edit', edit: command });
    switch (command) {
      case 'generate':
        return generate();
      case 'older':
      case 'newer':
        return dispatch({ type: 'recall', direction: command });
      case 'leave':
        return dispatch({ type: 'focus', on: 'commands' });
      case 'edit':
        return dispatch({ type: 'focus', on: 'prompt' });
      case 'again':
        return again('same');
      case 'newSeed':
        return again('new');
      case 'cancel':
        return cancel();
      case 'help':
        return dispatch({ type: 'toggleHelp' });
      case 'quit':
        return quit();
      case 'interrupt':
        return interrupt();
      default:
        return command satisfies never;
    }
  };
}
