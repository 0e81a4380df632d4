/** The terminal UI's entry: checks the terminal, settles the environment before Ink reads it, leaves all as it was; or plain lines. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageEvent } from '../client/client.js';
import type { PreviewChoice, ThemeChoice } from '../client/settings.js';
import { SafelightError } from '../protocol/errors.js';
import type { GenerationRequest } from '../protocol/params.js';
import { type EndingSignal, onEndingSignal, SIGNAL_EXIT_CODES } from './ending-signals.js';
import { editInEditor } from './external-editor.js';
import { openPlain } from './plain.js';
import type { Screen, ScreenOptions } from './screen.js';
import { watchJobControl } from './terminal/job-control.js';
import { openTerminal } from './terminal/terminal.js';

export interface TuiOptions
  extends Omit<ScreenOptions, 'terminal' | 'params' | 'prompt' | 'save' | 'editText' | 'suspend' | 'ink'> {
  /** What pictures are made with; the prompt, if any, stands in the field at the start. */
  defaults: Omit<GenerationRequest, 'prompt'> & { prompt?: string };
  /** As lines instead of a screen: Ink is not even loaded. */
  isPlain: boolean;
  /** How to show pictures, live and finished. */
  preview: PreviewChoice;
  theme: ThemeChoice;
}

/** A job that was told to stop ends within one step; a server that does not answer must not hold the user. */
const GOODBYE_MS = 2000;

/**
 * Runs until the user quits. Does not close the client.
 * @returns the exit code: 0, or 128 + the signal that ended it
 * @throws SafelightError UNSUPPORTED when this is no terminal
 */
export async function runTui(options: TuiOptions): Promise<number> {
  checkTerminal();
  const stopWatching = watchInput(process.stdin);
  try {
    return await (options.isPlain ? runPlain(options) : runScreen(options));
  } finally {
    stopWatching();
  }
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
async function runScreen({ defaults, preview, theme, ...options }: TuiOptions): Promise<number> {
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
  const terminal = await openTerminal({ stdin, stdout, env, preview, theme });
  process.once('exit', terminal.restore);
  let screen: Screen | undefined;
  const jobControl = watchJobControl(process, (work) => (screen ?? terminal).lend(work));
  const suspend = process.platform === 'win32' ? undefined : jobControl.suspend;
  const signals = watchSignals(() => {
    screen?.close();
    return true;
  });
  try {
    const { openScreen } = await import('./screen.js');
    if (signals.exitCode() === 0) {
      const editText = (text: string) => editInEditor(text, env);
      screen = openScreen({ ...options, params, prompt, save: keep, terminal, editText, suspend });
      await screen.closed;
      jobControl.stop();
      terminal.restore();
      await withinGoodbye(screen.settled());
    }
  } finally {
    jobControl.stop();
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

/** A closed window ends the UI even where its SIGHUP goes to the shell alone. @returns how to stop */
function watchInput(input: NodeJS.ReadStream): () => void {
  let isLost = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO') throw error;
    if (!isLost) process.kill(process.pid, 'SIGHUP');
    isLost = true;
  };
  input.on('error', onError);
  return () => input.off('error', onError);
}

/** @param onSignal tells whether the UI ends with it */
function watchSignals(onSignal: (name: EndingSignal) => boolean): { exitCode(): number; stop(): void } {
  let exitCode = 0;
  const stop = onEndingSignal(process, (name) => {
    if (onSignal(name)) exitCode = SIGNAL_EXIT_CODES[name];
  });
  return { exitCode: () => exitCode, stop };
}

async function withinGoodbye(settled: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  const timeout = delay(GOODBYE_MS, undefined, { signal: waiting.signal }).catch(() => {});
  await Promise.race([settled, timeout]);
  waiting.abort();
}
