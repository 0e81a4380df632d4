/** Puts the UI on a terminal: painter, store, generation and Ink, wired once. Loads ink and react. */
import { type RenderOptions, render } from 'ink';
import type { Client, ImageEvent } from '../client/client.js';
import { App } from './app.js';
import { createCommands } from './commands.js';
import { createGeneration } from './generation.js';
import { createPainter } from './painter.js';
import { createPicture } from './picture.js';
import type { PictureColor } from './picture-color.js';
import { createState, type State } from './state.js';
import { createStore } from './store.js';

export interface ScreenOptions {
  client: Client;
  params: State['params'];
  prompt: string | undefined;
  /** What to say at the start. */
  notice?: string | undefined;
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
  /** undefined = no pictures. */
  color: PictureColor | undefined;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  /** Tests draw every frame, and keep their own console. */
  ink?: Pick<RenderOptions, 'maxFps' | 'patchConsole'>;
}

export interface Screen {
  /** Resolves when the UI is gone and the terminal is as it was; rejects with what broke it. */
  readonly closed: Promise<void>;
  /** Resolves when no job runs any more. */
  readonly settled: Promise<void>;
  /** Cancels what runs and closes at once. */
  close(): void;
  /** Resolves when what was drawn so far is written. */
  flush(): Promise<void>;
}

/** Keys reach the screen twice as fast as at Ink's default of 30; an idle screen costs nothing at any rate. */
const MAX_FPS = 60;

/** @param options.stdin a terminal that can be set to raw mode */
export function openScreen(options: ScreenOptions): Screen {
  const { client, params, prompt, notice, save, color, stdin, stdout } = options;
  const painter = createPainter(stdout);
  const store = createStore(createState(params, prompt));
  if (notice !== undefined) store.dispatch({ type: 'notice', notice: { kind: 'hint', text: notice } });
  const picture =
    color === undefined ? undefined : createPicture({ painter, color, onWish: (wish) => client.setPreview(wish) });
  const shown = picture ?? { showPreview: () => {}, showFinal: async () => {} };
  const generation = createGeneration({ client, store, picture: shown, save });
  const runCommand = createCommands({ store, generation, exit: () => ink.unmount() });
  const app = <App store={store} client={client} runCommand={runCommand} picture={picture} />;
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
  return {
    closed: ink
      .waitUntilExit()
      .then(() => {})
      .finally(() => stdin.setRawMode(false)),
    get settled() {
      return generation.settled;
    },
    close() {
      generation.cancel();
      ink.unmount();
    },
    flush: () => ink.waitUntilRenderFlush(),
  };
}
