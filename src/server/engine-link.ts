/** One engine process from its start to its end, and the pipe to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { ResolvedParams } from '../engine/request.js';
import { type ErrorBody, SafelightError, toErrorCode } from '../protocol/errors.js';
import { type Channel, createChannel } from './channel.js';
import type { EngineEvent, FromEngine, ToEngine } from './engine-messages.js';
import type { Log } from './log.js';

/** A process inside a long step cannot listen; after this it is killed. */
const STOP_GRACE_MS = 2000;

export interface RunOptions {
  signal: AbortSignal;
  /** How many previews a second somebody wants now; 0 = none. Asked again at each event. */
  previews: () => number;
}

export interface EngineLink {
  readonly state: 'loading' | 'ready' | 'ended';
  /** How much of the model is open, 0…1. */
  readonly loaded: number;
  /** Resolves when the model is open. Rejects with SafelightError when it cannot be, or the process ended before. */
  readonly ready: Promise<void>;
  /** Runs when `loaded` grew. */
  onLoading(listener: () => void): void;
  /** @throws `signal.reason` when cancelled; SafelightError ENGINE_FAILED when the process ends during the job */
  run(jobId: string, params: ResolvedParams, options: RunOptions): AsyncGenerator<EngineEvent>;
  stop(): Promise<void>;
}

export function startEngineLink(entry: string, modelDir: string, device: string, log: Log): EngineLink {
  const child = fork(entry, [modelDir, device], {
    serialization: 'advanced',
    execArgv: [],
    // Nothing of the engine may reach the parent's stdout: that is where the saved path is printed.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // 'disconnect' comes after the last message was read: what the process said before its end still counts.
  const exited = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(
    ([[code, signal]]) => toEndWords(code, signal),
    (error: Error) => `could not be started: ${error.message}`,
  );
  forwardLines(child.stdout, log);
  forwardLines(child.stderr, log);

  let setReady = () => {};
  let setFailed: (error: SafelightError) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    setReady = resolve;
    setFailed = reject;
  });
  ready.catch(() => {}); // the process may fail while no job waits for it
  let state: EngineLink['state'] = 'loading';
  let loaded = 0;
  let onLoading = () => {};
  let inbox: { jobId: string; channel: Channel<FromEngine> } | undefined;

  child.on('message', (raw) => {
    const message = raw as FromEngine;
    if (message.type === 'ready') {
      state = 'ready';
      setReady();
    } else if (message.type === 'loadFailed') setFailed(fromBody(message.body));
    else if (message.type === 'loading') {
      loaded = message.fraction;
      onLoading();
    } else if (message.jobId === inbox?.jobId) inbox.channel.push(message);
  });
  // Without a listener a write to a process that just ended would end this one.
  child.on('error', (error) => log(`engine process: ${error.message}`));
  void exited.then((how) => {
    state = 'ended';
    setFailed(new SafelightError('ENGINE_FAILED', `the engine process ${how} while it loaded the model`));
    if (inbox !== undefined) log(`engine process ${how} during job ${inbox.jobId}`);
    inbox?.channel.fail(
      new SafelightError('ENGINE_FAILED', `the engine process ${how} during the job; submit it again`),
    );
  });

  const send = (message: ToEngine) => {
    if (child.connected) child.send(message, () => {});
  };

  async function* run(jobId: string, params: ResolvedParams, { signal, previews }: RunOptions) {
    signal.throwIfAborted();
    const channel = createChannel<FromEngine>();
    inbox = { jobId, channel };
    const cancel = () => send({ type: 'cancel', jobId });
    signal.addEventListener('abort', cancel, { once: true });
    let rate = previews();
    let ended = false;
    try {
      if (state === 'ended')
        throw new SafelightError('ENGINE_FAILED', 'the engine process has ended; submit the job again');
      send({ type: 'generate', jobId, params, maxPreviewsPerSecond: rate });
      for await (const message of channel) {
        if (rate !== previews()) {
          rate = previews();
          send({ type: 'previews', maxPerSecond: rate });
        }
        if (message.type === 'event') {
          yield message.event;
          continue;
        }
        ended = true;
        if (message.type === 'cancelled') throw signal.reason;
        if (message.type === 'error') throw fromBody(message.body);
        return;
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      if (!ended) cancel(); // the reader left early; the process must not go on for nobody
      if (inbox?.channel === channel) inbox = undefined;
    }
  }

  return {
    get state() {
      return state;
    },
    get loaded() {
      return loaded;
    },
    ready,
    onLoading(listener) {
      onLoading = listener;
    },
    run,
    stop: () => stop(child, exited),
  };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  try {
    await exited;
  } finally {
    clearTimeout(killer);
  }
}

function toEndWords(code: number | null, signal: string | null): string {
  if (signal === 'SIGKILL') return 'was ended by SIGKILL (by hand, or by a system out of memory)';
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

/** A code that this version does not know cannot come from our own child, but must not pass for a known one. */
function fromBody({ code, message, issues }: ErrorBody): SafelightError {
  return new SafelightError(toErrorCode(code, 'ENGINE_FAILED'), message, { issues });
}

function forwardLines(stream: Readable | null, log: Log): void {
  stream?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line.trim() !== '') log(`engine: ${line}`);
  });
}
