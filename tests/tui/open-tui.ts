/** The UI on a terminal in memory with a fake client, and ways to wait for what it shows. */
import type { ImageEvent } from '../../src/client/client.js';
import { type Graphics, toTextProtocol } from '../../src/tui/graphics/protocol.js';
import { openScreen, type Screen, type ScreenOptions } from '../../src/tui/screen.js';
import type { BackgroundWatch } from '../../src/tui/terminal/background.js';
import { USUAL_CELL } from '../../src/tui/terminal/cell-size.js';
import { copyText } from '../../src/tui/terminal/clipboard.js';
import type { CellWidths } from '../support/cell-widths.js';
import { createFakeClient, type FakeClient } from '../support/fake-client.js';
import { createVirtualTty, type VirtualTty } from '../support/virtual-tty.js';

export const KEYS = {
  ...{ enter: '\r', esc: '\x1b', tab: '\t', shiftTab: '\x1b[Z', backspace: '\x7f', ctrlC: '\x03' },
  ...{ up: '\x1b[A', down: '\x1b[B', right: '\x1b[C', left: '\x1b[D' },
} as const;

export interface Tui {
  tty: VirtualTty;
  client: FakeClient;
  screen: Screen;
  /** The window gets the focus. */
  focus(): void;
  /** All rows, joined. */
  text(): string;
  /** Resolves when the condition holds for what is on screen. */
  until(holds: (text: string) => boolean): Promise<void>;
  shows(words: string): Promise<void>;
  lacks(words: string): Promise<void>;
  /** Types a prompt, starts it and waits for its job. */
  generate(prompt: string): Promise<void>;
}

type Given =
  | 'params'
  | 'prompt'
  | 'save'
  | 'notice'
  | 'left'
  | 'outputDir'
  | 'isOwn'
  | 'history'
  | 'connect'
  | 'readList'
  | 'usedBytes'
  | 'bindings';

export interface TuiTestOptions extends Partial<Pick<ScreenOptions, Given>> {
  /** Pictures of half blocks in these colours; undefined = no pictures. */
  color?: 'truecolor' | '256';
  /** Pictures of another kind, on a terminal that knows them. */
  graphics?: Graphics;
  /** In the place of pictures. */
  noPictures?: string;
  tty?: VirtualTty;
  columns?: number;
  rows?: number;
  /** Whose colours the words have. */
  background?: BackgroundWatch;
  /** How wide the terminal draws. */
  widths?: CellWidths;
  client?: Partial<FakeClient>;
  onLink?: ScreenOptions['onLink'];
  isFirstRun?: boolean;
}

const opened: Screen[] = [];

/** For `afterEach`: no test leaves a UI behind. */
export async function closeTuis(): Promise<void> {
  for (const screen of opened.splice(0)) {
    screen.close();
    await screen.closed.catch(() => {});
  }
}

export function openTui(options: TuiTestOptions = {}): Tui {
  const { columns = 80, rows = 24, params = {}, prompt, color, widths, client: ofClient, ...given } = options;
  const tty = options.tty ?? createVirtualTty(columns, rows, undefined, widths);
  const client = Object.assign(createFakeClient(), ofClient);
  let saved = 0;
  const save = options.save ?? (async (_: Uint8Array, { seed }: ImageEvent) => `out/${++saved}_${seed}.png`);
  const { stdin, stdout } = tty;
  const ink = { maxFps: 1000, patchConsole: false };
  const plain = color && { protocol: toTextProtocol(color), color, isRemote: false, inTmux: false };
  const graphics = options.graphics ?? plain;
  const cells = { current: () => USUAL_CELL, subscribe: () => () => {} };
  const focusListeners: (() => void)[] = [];
  const onFocus = (listener: () => void) => void focusListeners.push(listener);
  const copy = (text: string) => copyText(text, {}, false, (bytes) => void stdout.write(bytes));
  const background = options.background ?? { current: () => 'dark', subscribe: () => () => {} };
  const terminal = { stdin, stdout, graphics, cells, background, noPictures: options.noPictures, copy, onFocus };

  const screen = openScreen({
    ...{ client, params, prompt, terminal, ink, isOwn: true, outputDir: 'out', note: () => {} },
    editText: async (text) => text,
    readList: async (name) => [`one of ${name}`],
    connect: { check: async function* () {}, use: () => {}, stay: () => {} },
    ...given,
    save,
  });
  opened.push(screen);
  const text = () => tty.rows().join('\n');
  const until: Tui['until'] = async (holds) => {
    const giveUpAt = Date.now() + 5000;
    for (;;) {
      await screen.flush();
      await tty.drawn();
      if (holds(text())) return;
      if (Date.now() > giveUpAt) throw new Error(`never seen; the screen is\n${text()}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const shows: Tui['shows'] = (words) => until((now) => now.includes(words));
  return {
    tty,
    client,
    screen,
    focus() {
      for (const listener of focusListeners) listener();
    },
    text,
    until,
    shows,
    lacks: (words) => until((now) => !now.includes(words)),
    async generate(words) {
      const before = client.jobs.length;
      tty.type(`${words}\r`);
      await until(() => client.jobs.length > before);
    },
  };
}

export const progress = (step: number, steps = 25) =>
  ({ type: 'progress', image: 0, step, steps, elapsedMs: step * 50, etaMs: (steps - step) * 50 }) as const;

/** A job of seed 42 is at step 4. */
export async function openWatching(options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui(options);
  await tui.generate('a lake');
  tui.client.job.tell({ type: 'started', seeds: [42] });
  tui.client.job.tell(progress(3));
  tui.client.job.tell(progress(4));
  await tui.shows('4/25');
  return tui;
}

/** A picture of seed 42 was made. */
export async function openDone(options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui(options);
  await tui.generate('a lake');
  tui.client.job.finish(42);
  await tui.shows('✔ out/1_42.png');
  await tui.lacks('x cancel');
  return tui;
}

/** No field takes text: letters are commands. */
export async function openIdle(options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui(options);
  await tui.shows('⏎ generate');
  tui.tty.type(KEYS.esc);
  await tui.shows('q quit');
  return tui;
}
