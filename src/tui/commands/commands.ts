/** What each command does: the one table between keys and the rest. */
import { type Command, type PickCommand, takesText } from '../key-bindings.js';
import { type Edit, isEdit } from '../prompt-editor.js';
import { contextOf } from '../state/context.js';
import type { CommandDeps } from './deps.js';
import { createFormCommands } from './form-commands.js';
import { createJobCommands } from './job-commands.js';
import { createPictureCommands } from './picture-commands.js';
import { createViewCommands } from './view-commands.js';

export interface RunCommands {
  run(command: Command): void;
  /** Into whatever takes text now. */
  type(text: string): void;
  paste(text: string): void;
}

type Actions = Record<Exclude<Command, Edit | PickCommand>, () => void>;

const isPick = (command: string): command is PickCommand => /^pick\d$/.test(command);

export function createCommands(deps: CommandDeps): RunCommands {
  const { getState, dispatch } = deps.store;
  const actions: Actions = {
    ...createFormCommands(deps),
    ...createPictureCommands(deps),
    ...createJobCommands(deps),
    ...createViewCommands(deps),
    suspend: deps.suspend,
  };

  /** The words that a list or the gallery is narrowed by. @returns false when there are none to change: the form takes text */
  function changeQuery(change: (query: string) => string): boolean {
    const { overlay, gallery } = getState();
    const context = contextOf(getState());
    if (context === 'filter') dispatch({ type: 'galleryFilter', filter: change(gallery.filter) });
    else if (overlay !== undefined && 'query' in overlay)
      dispatch({ type: 'overlayQuery', query: change(overlay.query) });
    else return false;
    return true;
  }

  function write(text: string, isPasted: boolean): void {
    if (!takesText(contextOf(getState()))) return;
    if (!changeQuery((query) => query + text.replace(/\p{Control}/gu, '')))
      dispatch({ type: 'insert', text, isPasted });
  }

  return {
    run(command) {
      if (isPick(command)) dispatch({ type: 'cullPick', index: Number(command.slice(4)) - 1 });
      else if (!isEdit(command)) actions[command]();
      else if (!changeQuery(withoutLast)) dispatch({ type: 'edit', edit: command });
    },
    type: (text) => write(text, false),
    paste: (text) => write(text, true),
  };
}

const withoutLast = (text: string) => [...text].slice(0, -1).join('');
