/** What may end a command early: a signal, or its time. One abort signal for both, and the exit code that goes with it. */
import { ERROR_TABLE, SafelightError } from '../protocol/errors.js';
import { afterRunningFor } from '../protocol/running-time.js';
import { fail } from './failure.js';
import { createInterrupt } from './interrupt.js';

/** From the signal to the end of the process, whatever still hangs then: a job that is cancelled ends long before. */
const LAST_GRACE_MS = 10_000;

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
  const { signal } = controller;
  const exitCode = () => interrupt.exitCode() ?? ERROR_TABLE.TIMEOUT.exitCode;
  const late = new SafelightError('TIMEOUT', `not done within ${seconds} s; --timeout allows more`);
  const stopClock = afterRunningFor(seconds * 1000, () => controller.abort(late));
  let stopGrace = () => {};
  signal.addEventListener('abort', () => {
    stopGrace = afterRunningFor(LAST_GRACE_MS, () => endHanging(signal.reason, exitCode()));
  });
  return {
    signal,
    exitCode,
    stop() {
      stopClock();
      stopGrace();
      interrupt.stop();
    },
  };
}

/** A file system that does not answer, as a network drive may, keeps even `process.exit` waiting for its thread. */
function endHanging(reason: SafelightError, exitCode: number): void {
  fail(reason);
  const isStuck = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
  if (isStuck) process.kill(process.pid, 'SIGKILL');
  else process.exit(exitCode);
}
