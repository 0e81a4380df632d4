/** One engine process from its start to its end, and the pipe to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { ResolvedParams } from '../engine/request.js';
import { type ErrorBody, SafelightError, toErrorCode } from '../protocol/errors.js';
import { afterRunningFor } from '../protocol/running-time.js';
import { type Channel, createChannel } from './channel.js';
import type { EngineEvent, FromEngine, ToEngine } from './engine-messages.js';
import type { Log } from './log.js';
import { countOomKills } from './oom-kills.js';
import { createSilenceWatch, type SilenceLimits } from './silence.js';

/** A process inside a long step cannot listen; after this it is killed. */
const STOP_GRACE_MS = 2000;

export interface RunOptions {
  signal: AbortSignal;
  /** How many previews a second somebody wants now; 0 = none. Asked again at each event. */
  previews: () => number;
  /** What encoding will have cost when one more preview is made: it counts as the engine's own work for them. */
  previewEncodeMs: () => number;
}

export interface EngineLink {
  readonly ended: boolean;
  /** Did it end by its own fault, so that the same job may work in another process? A kill from outside would come again. */
  readonly crashed: boolean;
  /** @throws `signal.reason` when cancelled; SafelightError when the process ends during the job: OUT_OF_MEMORY where the system ended it for that, else ENGINE_FAILED */
  run(job: EngineJob, options: RunOptions): AsyncGenerator<EngineEvent>;
  stop(): Promise<void>;
}

export interface EngineJob {
  jobId: string;
  modelDir: string;
  params: ResolvedParams;
}

export interface EngineLinkOptions {
  /** The child's script. */
  entry: string;
  /** The model to open first, the device, and the memory for models in bytes. */
  args: string[];
  silence: SilenceLimits;
  /** Stands in for the kernel's count in tests. */
  oomKills?: (() => number) | undefined;
  log: Log;
}

export function startEngineLink(options: EngineLinkOptions): EngineLink {
  const { entry, args, silence, oomKills = countOomKills, log } = options;
  const child = fork(entry, args, {
    serialization: 'advanced',
    execArgv: [],
    // Nothing of the engine may reach the parent's stdout: that is where the saved path is printed.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // 'disconnect' comes after the last message was read: what the process said before its end still counts.
  const exited = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(
    ([[code, signal]]) => {
      crashed = isHung || signal !== 'SIGKILL';
      return isHung ? 'hung and was ended' : toEndWords(code, signal);
    },
    (error: Error) => `could not be started: ${error.message}`,
  );
  forwardLines(child.stdout, log);
  forwardLines(child.stderr, log);

  let ended = false;
  let crashed = false;
  let isHung = false;
  let inbox: { jobId: string; channel: Channel<FromEngine>; oomKills: number } | undefined;

  child.on('message', (raw) => {
    const message = raw as FromEngine;
    if (message.jobId === inbox?.jobId) inbox.channel.push(message);
  });
  // Without a listener a write to a process that just ended would end this one.
  child.on('error', (error) => log('engine process could not be reached', { reason: error.message }));
  void exited.then((how) => {
    ended = true;
    if (inbox === undefined) return;
    log(`engine process ${how}`, { jobId: inbox.jobId, level: 'error' });
    // A hung process was ended by this one.
    const isOutOfMemory = !isHung && oomKills() > inbox.oomKills;
    inbox.channel.fail(
      isOutOfMemory
        ? new SafelightError('OUT_OF_MEMORY', 'the machine ran out of memory during the job: try a smaller picture')
        : new SafelightError('ENGINE_FAILED', `the engine process ${how} during the job; submit it again`),
    );
  });

  function endHung(jobId: string, silentMs: number): void {
    isHung = true;
    log(`engine process said nothing for ${Math.round(silentMs / 1000)} s; it is ended`, { jobId, level: 'error' });
    child.kill('SIGKILL');
  }

  const send = (message: ToEngine) => {
    if (child.connected) child.send(message, () => {});
  };

  async function* run({ jobId, modelDir, params }: EngineJob, options: RunOptions) {
    const { signal, previews, previewEncodeMs } = options;
    signal.throwIfAborted();
    const channel = createChannel<FromEngine>();
    inbox = { jobId, channel, oomKills: oomKills() };
    const watch = createSilenceWatch(silence);
    let isLoading = false;
    let stopWaiting = () => {};
    const expectEvent = () => {
      stopWaiting();
      const allowedMs = watch.allowedMs();
      // Ctrl-Z stops the engine process together with this one.
      stopWaiting = afterRunningFor(allowedMs, () => endHung(jobId, allowedMs));
    };
    const cancel = () => {
      send({ type: 'cancel', jobId });
      // The process cannot listen while it opens a graph; nobody needs to wait for that.
      if (isLoading) channel.fail(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    let told: { maxPerSecond: number; encodeMs: number } | undefined;
    const tellPreviews = () => {
      const now = { maxPerSecond: previews(), encodeMs: previewEncodeMs() };
      if (now.maxPerSecond === told?.maxPerSecond && now.encodeMs === told.encodeMs) return;
      told = now;
      send({ type: 'previews', ...now });
    };
    let isOver = false;
    try {
      if (ended) throw new SafelightError('ENGINE_FAILED', 'the engine process has ended; submit the job again');
      tellPreviews();
      send({ type: 'generate', jobId, modelDir, params });
      expectEvent();
      for await (const message of channel) {
        if (message.type === 'event') watch.heard(message.event);
        expectEvent();
        tellPreviews();
        if (message.type === 'event') {
          isLoading = message.event.type === 'stage' && message.event.name === 'load';
          yield message.event;
          continue;
        }
        isOver = true;
        if (message.type === 'cancelled') throw signal.reason;
        if (message.type === 'error') throw fromBody(message.body);
        return;
      }
    } finally {
      stopWaiting();
      signal.removeEventListener('abort', cancel);
      if (!isOver) send({ type: 'cancel', jobId }); // the reader left early; the process must not go on for nobody
      if (inbox?.channel === channel) inbox = undefined;
    }
  }

  return {
    get ended() {
      return ended;
    },
    get crashed() {
      return crashed;
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
