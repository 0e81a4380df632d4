/** What may end a command early: Ctrl-C, SIGTERM, or its time. One signal for all, and the exit code that goes with it. */
import { ERROR_TABLE, SafelightError } from '../protocol/errors.js';
import { fail, INTERRUPTED } from './failure.js';

/** From the signal to the end of the process, whatever still hangs then: a job that is cancelled is through long before. */
const LAST_GRACE_MS = 10_000;

export interface Deadline {
  signal: AbortSignal;
  /** Of the reason, once the signal was given. */
  exitCode(): number;
  /** Takes back timer and listeners. */
  stop(): void;
}

/**
 * The first Ctrl-C gives the signal, the second ends the process at once.
 * @param interrupted what to say after the first  @throws SafelightError INVALID_PARAMS
 */
export function createDeadline(seconds: number, interrupted = 'interrupted; the job was cancelled'): Deadline {
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new SafelightError('INVALID_PARAMS', '--timeout: must be above 0, up to 86400 seconds');
  }
  const controller = new AbortController();
  let exitCode: number = ERROR_TABLE.TIMEOUT.exitCode;
  const message = `not done within ${seconds} s; --timeout allows more`;
  let lastEnd: NodeJS.Timeout | undefined;
  const end = (reason: SafelightError) => {
    lastEnd = setTimeout(() => endHanging(reason, exitCode), LAST_GRACE_MS).unref();
    controller.abort(reason);
  };
  const timer = setTimeout(() => end(new SafelightError('TIMEOUT', message)), seconds * 1000);
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    exitCode = INTERRUPTED;
    end(new SafelightError('CANCELLED', interrupted));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stop() {
      clearTimeout(timer);
      clearTimeout(lastEnd);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
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
