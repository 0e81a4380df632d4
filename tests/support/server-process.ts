/** Servers in processes of their own, on the stand-in engine, so that they can be killed as well as closed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('./paced-server.mjs', import.meta.url));

export interface ServerProcess {
  pid: number;
  /** What the server and its engine say. */
  lines: string[];
  /** Its URL, when it listens. @throws Error when it ended before */
  ready: Promise<string>;
  /** As SIGTERM does it. @returns the exit code */
  close(): Promise<number | null>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ServerProcesses {
  /** @param place the data folder, and the file for the notes of the engine */
  start(place: { dataDir: string; notes: string }): ServerProcess;
  /** Ends the one that waits. */
  stop(): void;
}

/** One that is loaded already always waits to be started, so that a restart takes no longer than it must. */
export function createServerProcesses(): ServerProcesses {
  let spare = load();
  return {
    start(place) {
      const own = spare;
      spare = load();
      own.child.send(place);
      return toServerProcess(own);
    },
    stop: () => void spare.child.kill('SIGKILL'),
  };
}

interface Loaded {
  child: ChildProcess;
  pid: number;
  lines: string[];
}

function load(): Loaded {
  const child = fork(ENTRY, { execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  if (child.pid === undefined) throw new Error('no process could be started');
  return { child, pid: child.pid, lines };
}

function toServerProcess({ child, pid, lines }: Loaded): ServerProcess {
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const url = once(child, 'message').then(([message]) => (message as { url: string }).url);
  const ended = exited.then((code) => Promise.reject(new Error(`the server ended with ${code}:\n${lines.join('')}`)));
  const ready = Promise.race([url, ended]);
  ready.catch(() => {}); // nobody may wait for it
  return {
    pid,
    lines,
    ready,
    close() {
      child.send('close');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
