/** Puts the UI on a terminal: painter, store, generation and Ink, wired once. Loads ink and react. */
import { type RenderOptions, render } from 'ink';
import type { Client, ImageEvent } from '../client/client.js';
import { App } from './app.js';
import { createCommands } from './commands.js';
import { createGeneration } from './generation.js';
import type { Protocol } from './graphics/protocol.js';
import { createPainter, type Painter } from './painter.js';
import { createPictures } from './pictures.js';
import { createState, type State } from './state.js';
import { createStore } from './store.js';
import type { Terminal } from './terminal/terminal.js';

export interface ScreenOptions {
  client: Client;
  params: State['params'];
  prompt: string | undefined;
  /** What to say at the start. */
  notice?: string | undefined;
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
  terminal: Terminal;
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

const PROTOCOL_NAMES: Record<Protocol, string> = {
  kitty: 'kitty pictures',
  'kitty-place': 'kitty pictures',
  iterm2: 'iTerm2 pictures',
  sixel: 'sixel pictures',
  halfblock: 'half blocks',
  '256': 'half blocks in 256 colours',
};

export function openScreen(options: ScreenOptions): Screen {
  const { client, params, prompt, notice, save, terminal } = options;
  const { stdin, stdout, graphics, cells } = terminal;
  const painter = createPainter(stdout, { onWrite: (ms) => pictures?.wrote(ms) });
  const store = createStore(createState(params, prompt));
  const hint = (text: string) => store.dispatch({ type: 'notice', notice: { kind: 'hint', text } });
  if (notice !== undefined) hint(notice);
  const pictures =
    graphics &&
    createPictures({
      painter,
      graphics,
      cells,
      onWish: (wish) => client.setPreview(wish),
      onStepDown: (protocol) => hint(`The terminal is slow: pictures are ${PROTOCOL_NAMES[protocol]} from here on.`),
    });
  const generation = createGeneration({ client, store, pictures: pictures ?? { show: async () => {} }, save });
  const runCommand = createCommands({ store, generation, exit: () => ink.unmount() });
  const app = <App store={store} client={client} runCommand={runCommand} pictures={pictures} cells={cells} />;
  const stopWatching = watchTerminal(terminal, painter);
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
      .finally(() => {
        stopWatching();
        pictures?.stop();
        stdin.setRawMode(false);
      }),
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
