/** A client of the test's own on bare WebSockets: it drops, comes back, stops reading, and judges every frame. */
import {
  isEnding,
  type JobEvent,
  type PreviewHeader,
  type PreviewWish,
  type ServerMessage,
  type SnapshotMessage,
} from '../../src/protocol/messages.js';
import type { JobLedger, JobParams } from './job-ledger.js';
import { createWatchJudge, type WatchJudge } from './watch-judge.js';
import { openWireSocket, type WireSocket } from './wire-socket.js';

export interface WireReader {
  readonly isUp: boolean;
  /** Ids of the jobs that it follows, to their end. */
  readonly follows: string[];
  readonly hasAll: boolean;
  /** In this life of the server; says again all that it wants, as a client that comes back does. */
  connect(url: string, life: number): Promise<void>;
  /** Vanishes without a word. */
  drop(): Promise<void>;
  /** Takes nothing more from the network. */
  pause(): PausedReader;
  /** It will say so when it comes back, at the latest. */
  follow(jobId: string): void;
  /** And follows it. */
  submit(jobId: string): void;
  cancel(jobId: string): void;
  acknowledge(jobId: string): void;
  /** The same id with another wish. @returns when the server has refused it, or the socket is gone */
  submitOther(jobId: string, params: JobParams): Promise<void>;
  /** From now on the server may end the connection. */
  expectEnd(): void;
}

export interface PausedReader {
  /** Is it still the same connection? */
  isUp(): boolean;
  goOn(): void;
}

/** What it remembers of a job from one connection to the next. */
interface Followed {
  epoch: string | undefined;
  seq: number;
  ended: boolean;
  cancelled: boolean;
}

/** One socket of its many. */
interface Connection {
  life: number;
  socket: WireSocket;
  judges: Map<string, WatchJudge>;
  wasPaused: boolean;
  /** The server, or the reader itself, is about to end it. */
  mayEnd: boolean;
}

/** @param preview undefined = it shows none */
export function createWireReader(name: string, ledger: JobLedger, preview: PreviewWish | undefined): WireReader {
  const followed = new Map<string, Followed>();
  const conflicts = new Map<string, () => void>();
  let current: Connection | undefined;
  const fault = (words: string) => ledger.fault(`${name}: ${words}`);

  function judgeOf(connection: Connection, jobId: string): WatchJudge {
    const { judges, life } = connection;
    const judge =
      judges.get(jobId) ??
      createWatchJudge({
        fault: (words) => fault(`${jobId} in life ${life}: ${words}`),
        onSkipped: (seq) => ledger.hearSkipped(life, jobId, seq),
        isSlow: () => connection.wasPaused || hasFullLine(jobId),
      });
    judges.set(jobId, judge);
    return judge;
  }

  /** On a busy machine large previews, or steps that take no time, wait in it for longer than the server puts up with. */
  function hasFullLine(jobId: string): boolean {
    return preview !== undefined || ledger.job(jobId).paceMs === 0;
  }

  function remember(jobId: string): Followed {
    const of = followed.get(jobId) ?? { epoch: undefined, seq: 0, ended: false, cancelled: false };
    followed.set(jobId, of);
    return of;
  }

  function isHeardOf(jobId: string): boolean {
    const of = followed.get(jobId);
    return of !== undefined && of.epoch === current?.socket.epoch && of.seq > 0;
  }

  /** As the real client does; but a job that must be known is asked for, not submitted again. */
  function goOn(jobId: string): void {
    const of = followed.get(jobId);
    if (of === undefined || of.ended || current === undefined) return;
    if (isHeardOf(jobId) || ledger.job(jobId).isStored) watch(current, jobId, of);
    else submit(current, jobId, of); // what this life never answered may not have reached it
    if (of.cancelled) current.socket.send({ type: 'cancel', jobId });
  }

  function watch(connection: Connection, jobId: string, of: Followed): void {
    const { epoch, seq } = of;
    const { socket } = connection;
    judgeOf(connection, jobId).asked('watch', isHeardOf(jobId) ? seq : 0);
    socket.send({ type: 'watch', jobId, afterSeq: seq, ...(epoch !== undefined && { epoch }) });
    if (epoch !== socket.epoch) Object.assign(of, { epoch: socket.epoch, seq: 0 });
  }

  function submit(connection: Connection, jobId: string, of: Followed): void {
    judgeOf(connection, jobId).asked('submit', 0);
    connection.socket.send({ type: 'submit', jobId, params: ledger.job(jobId).params });
    if (!isHeardOf(jobId)) Object.assign(of, { epoch: connection.socket.epoch, seq: 0 });
  }

  function hear(connection: Connection, message: JobEvent | SnapshotMessage): void {
    const { jobId, seq } = message;
    const of = followed.get(jobId);
    if (of === undefined) throw new Error(`${name} never asked for ${jobId}`);
    judgeOf(connection, jobId).hear(message);
    of.seq = Math.max(of.seq, seq);
    of.ended ||= isEnding(message);
    if (message.type === 'snapshot') ledger.hearSnapshot(message);
    else ledger.hear(connection.life, message);
  }

  function refused(error: Extract<ServerMessage, { type: 'error' }>): void {
    const expected = error.code === 'CONFLICT' ? conflicts.get(error.jobId ?? '') : undefined;
    if (expected === undefined) fault(`was refused: ${JSON.stringify(error)}`);
    expected?.();
  }

  function receive(connection: Connection, message: ServerMessage): void {
    const { type } = message;
    if (type === 'welcome' || (type === 'bye' && !connection.mayEnd)) fault(`was told ${JSON.stringify(message)}`);
    else if (type === 'error') refused(message);
    else if (type !== 'bye') hear(connection, message);
  }

  function receivePreview(connection: Connection, header: PreviewHeader, payload: Uint8Array): void {
    const { jobId, seq, width, height, format } = header;
    judgeOf(connection, jobId).hearPreview(header);
    if (preview === undefined || width > preview.maxWidth || height > preview.maxHeight || format !== preview.format)
      fault(`a preview of ${width}×${height} ${format} was not wished for`);
    if (payload.length !== width * height * 3) fault(`a preview of ${payload.length} bytes`);
    connection.socket.send({ type: 'previewAck', jobId, seq });
  }

  async function open(url: string, life: number): Promise<Connection> {
    const rest = { life, judges: new Map(), wasPaused: false, mayEnd: false };
    const socket = await openWireSocket(url, preview, {
      onMessage: (message) => receive(connection, message),
      onPreview: (header, payload) => receivePreview(connection, header, payload),
      onClose(code) {
        if (!connection.mayEnd) fault(`was cut with ${code} in life ${life}`);
        for (const settle of conflicts.values()) settle();
        if (current === connection) current = undefined;
      },
    });
    const connection: Connection = { ...rest, socket };
    return connection;
  }

  async function drop(): Promise<void> {
    if (current === undefined) return;
    current.mayEnd = true;
    await current.socket.cut();
  }

  return {
    get isUp() {
      return current !== undefined;
    },
    get follows() {
      return [...followed.keys()];
    },
    get hasAll() {
      return [...followed.values()].every(({ ended }) => ended);
    },
    async connect(url, life) {
      await drop();
      current = await open(url, life);
      for (const jobId of followed.keys()) goOn(jobId);
    },
    drop,
    pause() {
      const paused = current;
      if (paused !== undefined) paused.wasPaused = true;
      paused?.socket.pause();
      return { isUp: () => paused !== undefined && paused === current, goOn: () => paused?.socket.resume() };
    },
    follow: (jobId) => void remember(jobId),
    submit(jobId) {
      const of = remember(jobId);
      if (current !== undefined) submit(current, jobId, of);
    },
    cancel(jobId) {
      const of = followed.get(jobId);
      if (of === undefined) return;
      of.cancelled = true;
      if (isHeardOf(jobId)) current?.socket.send({ type: 'cancel', jobId });
      else goOn(jobId); // the server may not know it yet
    },
    acknowledge(jobId) {
      if (isHeardOf(jobId)) current?.socket.send({ type: 'ack', jobId });
    },
    async submitOther(jobId, params) {
      if (current === undefined) return;
      const refused = new Promise<void>((resolve) => conflicts.set(jobId, resolve));
      current.socket.send({ type: 'submit', jobId, params });
      await refused;
      conflicts.delete(jobId);
    },
    expectEnd() {
      if (current !== undefined) current.mayEnd = true;
    },
  };
}
