/** Puts the UI on a terminal: painter, store, jobs and Ink, wired once. Loads ink and react. */
import { type RenderOptions, render } from 'ink';
import type { ImageEvent } from '../client/client.js';
import type { JournalEntry } from '../client/journal.js';
import type { KeptClient } from '../client/kept-client.js';
import type { PromptHistory } from '../client/prompt-history.js';
import type { Wildcards } from '../client/wildcards.js';
import type { GenerationRequest } from '../protocol/params.js';
import { App } from './app.js';
import { createCommands } from './commands/commands.js';
import { type ConnectorDeps, createConnector } from './connector.js';
import { createCull } from './cull.js';
import { PROTOCOL_NAMES } from './graphics/protocol.js';
import { createJobs, messageOf } from './jobs.js';
import { KEY_BINDINGS, type KeyBinding } from './key-bindings.js';
import { createKeyNames } from './key-help.js';
import type { Measures } from './measures.js';
import { connectMemory } from './memory.js';
import { createPainter, type Painter } from './painter.js';
import { createPictureFiles } from './picture-files.js';
import { createPictures } from './pictures.js';
import { editedOf } from './state/form-state.js';
import { activeJobs, createState, type LinkState } from './state/state.js';
import { createStore } from './store.js';
import { createSubmit } from './submit.js';
import type { LendTerminal } from './terminal/job-control.js';
import type { Terminal } from './terminal/terminal.js';
import { watchWildcards } from './wildcard-preview.js';

export interface ScreenOptions {
  client: KeptClient;
  /** The server is this program's own: jobs end with it. */
  isOwn: boolean;
  params: Omit<GenerationRequest, 'prompt'>;
  prompt: string | undefined;
  /** What to say at the start. */
  notice?: string | undefined;
  /** Jobs of earlier clients that are gone on with here; claimed already. */
  left?: readonly JournalEntry[];
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
  /** Whose pictures the gallery shows. */
  outputDir: string;
  terminal: Terminal;
  bindings?: readonly KeyBinding[];
  readList: Wildcards['readList'];
  history?: PromptHistory | undefined;
  usedBytes?: (() => Promise<number>) | undefined;
  /** Calls back at each change. */
  onLink?(listener: (link: LinkState) => void): void;
  connect: Pick<ConnectorDeps, 'check' | 'use' | 'stay'>;
  /** Nobody has said yet where pictures are made. */
  isFirstRun?: boolean | undefined;
  /** In the user's own editor. */
  editText(text: string): Promise<string>;
  /** Stops the program as the shell's job; left out where the system has no such thing. */
  suspend?: (() => void) | undefined;
  /** Lines for after the UI. */
  note(line: string): void;
  /** Tests draw every frame, and keep their own console. */
  ink?: Pick<RenderOptions, 'maxFps' | 'patchConsole'>;
}

export interface Screen {
  /** Resolves when the UI is gone and the terminal is as it was; rejects with what broke it. */
  readonly closed: Promise<void>;
  /** Resolves when no job runs any more, or those that run were left to the server. */
  settled(): Promise<void>;
  /** Cancels what runs, or leaves it to a server that goes on, and closes at once. */
  close(): void;
  /** For what must have the terminal to itself: gives it back as it was, does the work and draws everything again. */
  lend: LendTerminal;
  /** Resolves when what was drawn so far is written. */
  flush(): Promise<void>;
}

/** Keys reach the screen twice as fast as at Ink's default of 30; an idle screen costs nothing at any rate. */
const MAX_FPS = 60;

export function openScreen(options: ScreenOptions): Screen {
  const { client, isOwn, params, prompt, notice, left = [], terminal, readList, bindings = KEY_BINDINGS } = options;
  const { stdin, stdout, graphics, cells, background } = terminal;
  const usable = bindings.filter(({ command }) => !isOwn || command !== 'leaveRunning');
  const painter = createPainter(stdout, { onWrite: (ms) => pictures?.wrote(ms) });
  const store = createStore(createState({ params, prompt, capabilities: client.welcome.capabilities }));
  const hint = (text: string) => store.dispatch({ type: 'notice', notice: { kind: 'hint', text } });
  const pictures =
    graphics &&
    createPictures({
      painter,
      graphics,
      cells,
      onWish: (wish) => client.setPreview(wish),
      onStepDown: (protocol) => hint(`The terminal is slow: pictures are ${PROTOCOL_NAMES[protocol]} from here on.`),
    });
  const shown = pictures ?? { show: async () => {} };
  const jobs = createJobs({ client, store, pictures: shown, save: options.save });
  const cull = createCull({ client, readList, store, jobs, pictures: shown });
  const files = createPictureFiles({
    ...{ store, pictures, outputDir: options.outputDir },
    copyText: terminal.copy,
  });
  const keys = createKeyNames(usable);
  const measures: Measures = { promptColumns: 40, galleryColumns: 1, pages: 1 };
  const connector = createConnector({ ...options.connect, store, keys, use: goElsewhere });
  const commands = createCommands({
    ...{ store, jobs, cull, files, measures, keys },
    submit: createSubmit({ store, jobs, readList }),
    connector,
    editPrompt: () => void editPrompt(),
    suspend: options.suspend ?? (() => hint('This system cannot suspend programs.')),
    canLeave: !isOwn,
    retryNow: () => client.retryNow(),
    exit: () => ink.unmount(),
  });

  /** Jobs on this program's own server would end with it. */
  function goElsewhere(address: string): void {
    if (isOwn && activeJobs(store.getState()).length > 0) {
      store.dispatch({ type: 'close' });
      hint('Wait for the pictures, or cancel them first.');
    } else {
      jobs.leave();
      options.connect.use(address);
      ink.unmount();
    }
  }

  async function editPrompt(): Promise<void> {
    const { form } = store.getState();
    await lend(async () => {
      const text = await options.editText(editedOf(form).text);
      store.dispatch({ type: 'setText', text });
    });
  }

  /** A program that has the terminal already, an editor that is stopped with us, keeps it. */
  async function lend(work: () => Promise<void>): Promise<void> {
    if (isLent) return work();
    isLent = true;
    try {
      // First of all: in the background the system stops us here, before anything is written.
      stdin.setRawMode(false);
      await suspension(async () => {
        // What a signal interrupted is written later: it must be out before the process stops.
        await new Promise<void>((resolve) => painter.stdout.write('', () => resolve()));
        await work();
      });
    } catch (thrown) {
      store.dispatch({ type: 'notice', notice: { kind: 'error', text: messageOf(thrown) } });
    } finally {
      isLent = false;
    }
  }

  let isLent = false;
  let suspension = async (work: () => Promise<void>) => work();
  const app = (
    <App
      {...{ store, url: client.url, isOwn, commands, bindings: usable, files, measures, pictures, cells, background }}
      noPictures={terminal.noPictures}
      onSuspender={(suspend) => {
        suspension = suspend;
      }}
    />
  );
  const stops = [
    watchTerminal(terminal, painter),
    connector.stop,
    watchWildcards(store, readList),
    connectMemory({ store, history: options.history, usedBytes: options.usedBytes, note: options.note }),
  ];
  options.onLink?.((link) => store.dispatch({ type: 'link', link }));
  // Ink does so only after the first frame: a Ctrl-C typed at once would be a signal, and other keys echoed into the frame.
  stdin.setRawMode(true);
  const ink = render(app, {
    stdin,
    stdout: painter.stdout,
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    exitOnCtrlC: false,
    maxFps: MAX_FPS,
    ...options.ink,
  });
  for (const entry of left) jobs.resume(entry);
  if (left.length > 0) store.dispatch({ type: 'focus', on: 'prompt' });
  if (notice !== undefined) hint(notice);
  if (options.isFirstRun === true) store.dispatch({ type: 'open', overlay: { kind: 'welcome', row: 0 } });
  return {
    closed: ink
      .waitUntilExit()
      .then(() => {})
      .finally(() => {
        for (const stop of stops) stop();
        pictures?.stop();
        stdin.setRawMode(false);
      }),
    settled: jobs.settled,
    close() {
      if (isOwn) jobs.cancelAll();
      else jobs.leave();
      ink.unmount();
    },
    lend,
    flush: () => ink.waitUntilRenderFlush(),
  };
}

/** @returns how to stop */
function watchTerminal({ stdout, onFocus }: Terminal, painter: Painter): () => void {
  const onResize = () => {
    painter.hold();
    painter.repaint();
  };
  // Before Ink's own listener, so that it goes out with the frame that Ink draws then.
  stdout.on('resize', onResize);
  onFocus(() => painter.resend());
  return () => void stdout.off('resize', onResize);
}
