/** What the commands work on. */
import type { Connector } from '../connector.js';
import type { Cull } from '../cull.js';
import type { Jobs } from '../jobs.js';
import type { Measures } from '../measures.js';
import type { PictureFiles } from '../picture-files.js';
import type { Store } from '../store.js';
import type { Submit } from '../submit.js';

export interface CommandDeps {
  store: Store;
  jobs: Pick<Jobs, 'start' | 'cancel' | 'cancelAll' | 'leave' | 'settled'>;
  cull: Cull;
  files: PictureFiles;
  measures: Measures;
  /** Sends what the form says. */
  submit: Submit;
  /** Opens the prompt in the user's editor. */
  editPrompt(): void;
  /** Back to the shell, as Ctrl-Z does with other programs. */
  suspend(): void;
  connector: Connector;
  /** Jobs go on on the server without this client. */
  canLeave: boolean;
  /** Closes the UI. */
  exit(): void;
}

/** A line of advice. */
export function hint({ dispatch }: Store, text: string): void {
  dispatch({ type: 'notice', notice: { kind: 'hint', text } });
}
