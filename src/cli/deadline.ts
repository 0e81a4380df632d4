/** What may end a command early: a signal, or its time. One abort signal for both, and the exit code that goes with it. */
import { ERROR_TABLE, SafelightError } from '../protocol/errors.js';
import { afterRunningFor } from '../protocol/running-time.js';
import { createInterrupt } from './interrupt.js';

export interface Deadline {
  signal: AbortSignal;
  /** Of the reason, once the signal was given. */
  exitCode(): number;
  /** Takes back timer and listeners. */
  stop(): void;
}

/**
 * Time that Ctrl-Z stops the process for does not count.
 * @param interrupted what to say after the first Ctrl-C  @throws SafelightError INVALID_PARAMS
 */
export function createDeadline(seconds: number, interrupted = 'interrupted; the job was cancelled'): Deadline {
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new SafelightError('INVALID_PARAMS', '--timeout: must be above 0, up to 86400 seconds');
  }
  const interrupt = createInterrupt(interrupted);
  const { controller } = interrupt;
  const late = new SafelightError('TIMEOUT', `not done within ${seconds} s; --timeout allows more`);
  const stopClock = afterRunningFor(seconds * 1000, () => controller.abort(late));
  return {
    signal: controller.signal,
    exitCode: () => interrupt.exitCode() ?? ERROR_TABLE.TIMEOUT.exitCode,
    stop() {
      stopClock();
      interrupt.stop();
    },
  };
}
