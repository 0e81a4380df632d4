/** Ctrl-C, SIGTERM and SIGHUP as one abort signal, with the exit code that goes with whichever came. */
import { SafelightError } from '../protocol/errors.js';
import { type EndingSignal, onEndingSignal, SIGNAL_EXIT_CODES } from '../tui/ending-signals.js';

export interface Interrupt {
  readonly controller: AbortController;
  /** Of the signal that came; undefined = none came, or something else had ended the work before. */
  exitCode(): number | undefined;
  stop(): void;
}

/**
 * The first signal aborts; a second one ends the process at once, for a person who does not want to wait.
 * @param message what to say after the first
 */
export function createInterrupt(message: string): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const stop = onEndingSignal(process, (name) => {
    if (controller.signal.aborted) return endAtOnce(name);
    exitCode = SIGNAL_EXIT_CODES[name];
    controller.abort(new SafelightError('CANCELLED', message));
  });
  return { controller, exitCode: () => exitCode, stop };
}

/** Not for SIGHUP: the system itself sends that twice when a window is closed. */
export function endAtOnce(name: EndingSignal): void {
  if (name !== 'SIGHUP') process.exit(SIGNAL_EXIT_CODES[name]);
}
