/** The shell's job control, on the program's side: Ctrl-Z, SIGTSTP and SIGCONT. */
import { once } from 'node:events';

/** The parts of `process` that are used; given, because only entries touch it. */
export type StoppableProcess = NodeJS.EventEmitter & Pick<NodeJS.Process, 'kill' | 'pid'>;

/**
 * Gives the terminal back to the shell, does the work, and takes the terminal again. Never rejects.
 * @param isTaken the shell had it already: what was drawn is no longer where it was
 */
export type LendTerminal = (work: () => Promise<void>, isTaken?: boolean) => Promise<void>;

export interface JobControl {
  /** What the terminal does on Ctrl-Z where it makes a signal of it: stops all processes of the shell's job. */
  suspend(): void;
  /** Leaves the signals to the system again. */
  stop(): void;
}

/** The number that stands for the sender's whole process group (kill(2)). */
const OWN_GROUP = 0;
/** The system does not stop a program that no shell could continue: after this it takes its terminal back. */
const NOT_STOPPED_MS = 100;

/**
 * A stop is caught so that the terminal can be lent first; then the process stops as if nothing had been caught. A SIGCONT
 * that no such stop came before (SIGSTOP cannot be caught) has the terminal taken again, too.
 */
export function watchJobControl(source: StoppableProcess, lend: LendTerminal): JobControl {
  let isStopping = false;
  let isOver = false;

  async function stopNow(target: number): Promise<void> {
    source.off('SIGTSTP', onStop);
    const continued = goneOn();
    source.kill(target, 'SIGTSTP');
    await continued;
    if (!isOver) source.on('SIGTSTP', onStop);
    await readWindowSize();
  }

  /** In a process that was stopped both have come by then: the signal, and the end of the time. */
  function goneOn(): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        source.off('SIGCONT', finish);
        resolve();
      };
      const timer = setTimeout(finish, NOT_STOPPED_MS);
      source.on('SIGCONT', finish);
    });
  }

  /** The window may have another size by now: the system reports this only to the program in the foreground. */
  async function readWindowSize(): Promise<void> {
    const read = once(source, 'SIGWINCH');
    source.kill(source.pid, 'SIGWINCH');
    await read;
  }

  async function stopAs(target: number): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    try {
      await lend(() => stopNow(target));
    } finally {
      isStopping = false;
    }
  }

  const onStop = () => void stopAs(source.pid);
  const onContinue = () => {
    if (!isStopping) void lend(readWindowSize, true);
  };
  source.on('SIGTSTP', onStop).on('SIGCONT', onContinue);
  return {
    suspend: () => void stopAs(OWN_GROUP),
    stop() {
      isOver = true;
      source.off('SIGTSTP', onStop).off('SIGCONT', onContinue);
    },
  };
}
