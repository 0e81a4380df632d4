/** The UI as plain lines, for screen readers and simple terminals: no colour, no cursor games, nothing is drawn over. No Ink. */
import { createInterface } from 'node:readline/promises';
import { createJobs } from './jobs.js';
import { connectMemory } from './memory.js';
import { createTeller } from './plain-teller.js';
import { obey, toPlainText } from './plain-words.js';
import type { ScreenOptions } from './screen.js';
import { activeJobs, createState } from './state/state.js';
import { createStore } from './store.js';
import { createSubmit } from './submit.js';

type OfScreen = 'client' | 'isOwn' | 'params' | 'notice' | 'left' | 'save' | 'readList' | 'history' | 'onLink' | 'note';

export interface PlainOptions extends Pick<ScreenOptions, OfScreen> {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

export interface Plain {
  /** Resolves after `:q` and `close`, and when the input has ended and what ran is saved. */
  readonly closed: Promise<void>;
  /** Resolves when no job runs any more, or those that run were left to the server. */
  settled(): Promise<void>;
  /** Ctrl-C: cancels what runs; with nothing to cancel it closes. @returns whether it closes */
  interrupt(): boolean;
  /** Cancels what runs, or leaves it to a server that goes on, and closes at once. */
  close(): void;
}

const WELCOME = 'Type what to draw and press Enter. :help tells the other words, :q quits.';
const LEFT = 'The server goes on with what runs. Open safelight on this server again, and it saves the pictures.';

export function openPlain(options: PlainOptions): Plain {
  const { client, isOwn, params, notice, left = [], save, readList, history, note, input, output } = options;
  const say = (line: string) => void output.write(`${toPlainText(line)}\n`);
  const store = createStore(createState({ params, capabilities: client.welcome.capabilities }));
  const jobs = createJobs({ client, store, pictures: { show: async () => {} }, save });
  const submit = createSubmit({ store, jobs, readList });
  const lines = createInterface({ input, terminal: false });
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const toCancel = () => activeJobs(store.getState()).filter(({ cancelling }) => !cancelling);

  function close(): void {
    if (isOver) return;
    isOver = true;
    if (!isOwn && toCancel().length > 0) {
      say(LEFT);
      jobs.leave();
    } else jobs.cancelAll();
    lines.close();
    over.resolve();
  }

  function interrupt(): boolean {
    const isBusy = toCancel().length > 0;
    if (isBusy) {
      jobs.cancelAll();
      say('Ctrl-C again quits.');
    } else close();
    return !isBusy;
  }

  async function read(): Promise<void> {
    for await (const line of lines) {
      if (line.trim() === ':q') close();
      if (isOver) return;
      await obey(line, { store, jobs, submit, say });
    }
    if (toCancel().length > 0) say('Waiting for the picture.');
    await Promise.race([jobs.settled(), over.promise]);
  }

  say(WELCOME);
  for (const entry of left) {
    say(`An earlier job goes on: ${entry.params.prompt}`);
    jobs.resume(entry);
  }
  const stops = [
    store.subscribe(createTeller(store, say)),
    connectMemory({ store, history, usedBytes: undefined, note }),
    () => lines.close(),
  ];
  options.onLink?.((link) => store.dispatch({ type: 'link', link }));
  if (notice !== undefined) say(notice);
  return {
    closed: read().finally(() => {
      for (const stop of stops) stop();
    }),
    settled: jobs.settled,
    interrupt,
    close,
  };
}
