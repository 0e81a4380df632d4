/** What the commands work on. */
import type { Connector } from '../connector.js';
import type { Cull } from '../cull.js';
import type { Jobs } from '../jobs.js';
import type { KeyNames } from '../key-help.js';
import type { Measures } from '../measures.js';
import type { PictureFiles } from '../picture-files.js';
import { contextOf } from '../state/context.js';
import type { Store } from '../store.js';
import type { Submit } from '../submit.js';

export interface CommandDeps {
  store: Store;
  jobs: Pick<Jobs, 'start' | 'cancel' | 'cancelAll' | 'leave' | 'settled'>;
  cull: Cull;
  files: PictureFiles;
  measures: Measures;
  /** Of the keys that these commands have here, for what is said of them. */
  keys: KeyNames;
  /** Sends what the form says. */
  submit: Submit;
  /** Opens the prompt in the user's editor. */
  editPrompt(): void;
  /** Back to the shell, as Ctrl-Z does with other programs. */
  suspend(): void;
  connector: Connector;
  /** Jobs continue on the server without this client. */
  canLeave: boolean;
  /** Tries a lost connection again without waiting. */
  retryNow(): void;
  /** Closes the UI. */
  exit(): void;
}

/** A line of advice. */
export function hint({ dispatch }: Store, text: string): void {
  dispatch({ type: 'notice', notice: { kind: 'hint', text } });
}

/** After the user's own draft came back into the form. */
export function tellDraftIsBack({ store, keys }: Pick<CommandDeps, 'store' | 'keys'>): void {
  const redo = keys('redo', contextOf(store.getState()));
  hint(store, `Your draft is back.${redo === undefined ? '' : ` ${redo} returns to the other settings.`}`);
}
