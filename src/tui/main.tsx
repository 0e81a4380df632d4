/** The terminal UI's entry: checks the terminal, settles the environment before Ink reads it, leaves all as it was; or plain lines. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageEvent } from '../client/client.js';
import type { PreviewChoice } from '../client/settings.js';
import { SafelightError } from '../protocol/errors.js';
import type { GenerationRequest } from '../protocol/params.js';
import { editInEditor } from './external-editor.js';
import { openPlain } from './plain.js';
import type { Screen, ScreenOptions } from './screen.js';
import { openTerminal } from './terminal/terminal.js';

export interface TuiOptions
  extends Omit<ScreenOptions, 'terminal' | 'params' | 'prompt' | 'save' | 'editText' | 'ink'> {
  /** What pictures are made with; the prompt, if any, stands in the field at the start. */
  defaults: Omit<GenerationRequest, 'prompt'> & { prompt?: string };
  /** As lines instead of a screen: Ink is not even loaded. */
  isPlain: boolean;
  /** How to show pictures, live and finished. */
  preview: PreviewChoice;
}

/** By signal: 128 + its number, as shells do. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** A job that was told to stop ends within one step; a server that does not answer must not hold the user. */
const GOODBYE_MS = 2000;

/**
 * Runs until the user quits. Does not close the client.
 * @returns the exit code: 0, or 128 + the signal that ended it
 * @throws SafelightError UNSUPPORTED when this is no terminal
 */
export async function runTui(options: TuiOptions): Promise<number> {
  checkTerminal();
  return options.isPlain ? runPlain(options) : runScreen(options);
}

/** The terminal stays as it is: it edits the line, and Ctrl-C is a signal. */
async function runPlain({ defaults: { prompt: _, ...params }, ...options }: TuiOptions): Promise<number> {
  const { stdin: input, stdout: output } = process;
  const plain = openPlain({ ...options, params, input, output, save: options.client.save });
  const signals = watchSignals((name) => {
    if (name === 'SIGINT') return plain.interrupt();
    plain.close();
    return true;
  });
  try {
    await plain.closed;
    await withinGoodbye(plain.settled());
  } finally {
    signals.stop();
  }
  return signals.exitCode();
}

/** Prints the saved paths when the screen is gone. */
async function runScreen({ defaults, preview, ...options }: TuiOptions): Promise<number> {
  prepareEnvironment();
  const { prompt, ...params } = defaults;
  const paths: string[] = [];
  const keep = async (bytes: Uint8Array, image: ImageEvent) => {
    const path = await options.client.save(bytes, image);
    paths.push(path);
    return path;
  };
  const { stdin, stdout, env } = process;
  // Asked before Ink is loaded: that takes longer than a terminal does to answer.
  const terminal = await openTerminal({ stdin, stdout, env, preview });
  process.once('exit', terminal.restore);
  let screen: Screen | undefined;
  const signals = watchSignals(() => {
    screen?.close();
    return true;
  });
  try {
    const { openScreen } = await import('./screen.js');
    if (signals.exitCode() === 0) {
      const editText = (text: string) => editInEditor(text, env);
      screen = openScreen({ ...options, params, prompt, save: keep, terminal, editText });
      await screen.closed;
      terminal.restore();
      await withinGoodbye(screen.settled());
    }
  } finally {
    signals.stop();
    await terminal.close();
    process.off('exit', terminal.restore);
    for (const path of paths) stdout.write(`${path}\n`);
  }
  return signals.exitCode();
}

function checkTerminal(): void {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY || typeof stdin.setRawMode !== 'function') {
    throw new SafelightError('UNSUPPORTED', 'the terminal UI needs a terminal; give a prompt to make one picture');
  }
}

/** Read once by chalk and react when they load. chalk does not know NO_COLOR (no-color.org), only FORCE_COLOR. */
function prepareEnvironment(): void {
  const { env } = process;
  if ((env.NO_COLOR ?? '') !== '') env.FORCE_COLOR = '0';
  env.NODE_ENV ??= 'production';
}

type Signal = keyof typeof SIGNAL_EXIT_CODES;

/** @param onSignal tells whether the UI ends with it */
function watchSignals(onSignal: (name: Signal) => boolean): { exitCode(): number; stop(): void } {
  let exitCode = 0;
  const names = Object.keys(SIGNAL_EXIT_CODES) as Signal[];
  const listeners = names.map((name) => {
    const listener = () => {
      if (onSignal(name)) exitCode = SIGNAL_EXIT_CODES[name];
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    exitCode: () => exitCode,
    stop() {
      for (const remove of listeners) remove();
    },
  };
}

async function withinGoodbye(settled: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  const timeout = delay(GOODBYE_MS, undefined, { signal: waiting.signal }).catch(() => {});
  await Promise.race([settled, timeout]);
  waiting.abort();
}
