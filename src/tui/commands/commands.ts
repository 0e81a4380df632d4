/** What each command does: the one table between keys and the rest. */
import { type Command, type PickCommand, takesText } from '../key-bindings.js';
import { type Edit, isEdit } from '../prompt-editor.js';
import { contextOf } from '../state/context.js';
import type { TextAction } from '../text-editor.js';
import { type CommandDeps, tellDraftIsBack } from './deps.js';
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

/** Commands of the text editor that are more than one edit. */
type Recall = 'yank' | 'undo' | 'redo';
type Actions = Record<Exclude<Command, Edit | PickCommand | Recall>, () => void>;

const isPick = (command: string): command is PickCommand => /^pick\d$/.test(command);
const isRecall = (command: string): command is Recall => ['yank', 'undo', 'redo'].includes(command);

export function createCommands(deps: CommandDeps): RunCommands {
  const { getState, dispatch } = deps.store;
  const actions: Actions = {
    ...createFormCommands(deps),
    ...createPictureCommands(deps),
    ...createJobCommands(deps),
    ...createViewCommands(deps),
    suspend: deps.suspend,
  };

  /** In the line that is written now: of the gallery's filter, of what lies over the screen, else of the form. */
  function edit(action: TextAction): void {
    const state = getState();
    if (contextOf(state) === 'filter') dispatch({ type: 'galleryText', action });
    else if (state.overlay !== undefined && 'query' in state.overlay) dispatch({ type: 'overlayText', action });
    else editForm(action);
  }

  /** A hint says when more than a text was undone. */
  function editForm(action: TextAction): void {
    const { before } = getState().form;
    dispatch({ type: 'text', action });
    if (action.type === 'undo' && before !== undefined && getState().form.before !== before) tellDraftIsBack(deps);
  }

  function write(type: 'type' | 'paste', text: string): void {
    if (takesText(contextOf(getState()))) edit({ type, text });
  }

  return {
    run(command) {
      if (isPick(command)) dispatch({ type: 'cullPick', index: Number(command.slice(4)) - 1 });
      else if (isEdit(command)) edit({ type: 'edit', edit: command });
      else if (isRecall(command)) edit({ type: command });
      else actions[command]();
    },
    type: (text) => write('type', text),
    paste: (text) => write('paste', text),
  };
}
