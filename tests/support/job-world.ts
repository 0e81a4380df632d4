/** A server with its lives, three readers, and all that can happen to the jobs between them. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobEvent, JobSnapshotSchema } from '../../src/protocol/messages.js';
import type { JobAction, JobShape, Road, ServerEnd, Submitter } from './job-actions.js';
import { makeByClient } from './job-client.js';
import { createJobLedger, type JobLedger, type LedgerJob } from './job-ledger.js';
import { createServerLives, type ServerLives } from './server-lives.js';
import type { ServerProcesses } from './server-process.js';
import { startTcpRelay } from './tcp-relay.js';
import { createWireReader, type WireReader } from './wire-reader.js';

/** The stand-in's large picture as it is, so that it fills the network: only the first reader has a screen. */
const SCREEN = { maxWidth: 1024, maxHeight: 1024, format: 'rgb', maxPerSecond: 10 } as const;
const PREVIEW_BYTES = SCREEN.maxWidth * SCREEN.maxHeight * 3;
/** More than the header of any preview. */
const FRAME_BYTES = 1024;
const WAIT_MS = 5000;
/** Longer than the longest pause of a server that works, on a machine that does many other things. */
const SILENCE_MS = 60_000;

export interface JobWorld {
  readonly ledger: JobLedger;
  readonly lives: ServerLives;
  act(action: JobAction): Promise<void>;
  /** Everybody comes back and reads on, until every job has ended; then somebody new asks for all of them. */
  settle(): Promise<void>;
  /** Nobody reads any more, and the server goes. */
  end(how: ServerEnd): Promise<void>;
  close(): Promise<void>;
}

export async function createJobWorld(processes: ServerProcesses): Promise<JobWorld> {
  const ledger = createJobLedger();
  const lives = await createServerLives(processes);
  const readers = [SCREEN, undefined, undefined].map((wish, i) => createWireReader(`reader ${i}`, ledger, wish));
  const relay = await startTcpRelay(lives.url);
  const pending: Promise<void>[] = [];

  const comeBack = (reader: WireReader) => reader.connect(lives.url, lives.now);
  const jobAt = (n: number) => [...ledger.jobs.values()].at(n % ledger.jobs.size);
  await Promise.all(readers.map(comeBack));

  async function end(how: ServerEnd): Promise<void> {
    await lives.measureMemory();
    for (const reader of readers) reader.expectEnd();
    await lives.end(how);
  }

  async function restart(after: ServerEnd, killAtMs?: number): Promise<void> {
    const back = readers.filter(({ isUp }) => isUp);
    await end(after);
    await lives.begin(killAtMs);
    relay.target = lives.url;
    await Promise.all(back.map(comeBack));
    await checkPictures();
  }

  /** What was announced once can be had ever after. */
  async function checkPictures(): Promise<void> {
    for (const { jobId, images } of ledger.jobs.values()) {
      for (const { n, href, sha256 } of images.values()) {
        const answer = await fetch(`${lives.url}${href}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        const isSame = createHash('sha256').update(bytes).digest('hex') === sha256;
        if (!answer.ok) ledger.fault(`${jobId}: picture ${n} is lost in life ${lives.now}: ${bytes}`);
        else if (!isSame) ledger.fault(`${jobId}: picture ${n} is another one in life ${lives.now}`);
      }
    }
  }

  /** Goes on beside what happens next. A server that ends meanwhile may leave it without an answer. */
  function beside(work: () => Promise<void>): void {
    const life = lives.all[lives.now];
    const done = work().catch((error) => {
      if (life.endedBy === undefined) ledger.fault(`no answer: ${error}`);
    });
    pending.push(done);
  }

  async function ask(job: LedgerJob, init: RequestInit): Promise<number> {
    const [life, { isStored }] = [lives.now, job];
    const answer = await fetch(`${lives.url}/jobs/${job.jobId}`, init);
    const text = await answer.text();
    if (answer.ok) ledger.hearSnapshot(JobSnapshotSchema.parse(JSON.parse(text)));
    if (answer.status === 404 && isStored) ledger.fault(`${job.jobId} is not known in life ${life}`);
    return answer.status;
  }

  function submit(reader: WireReader, by: Submitter, { count, steps, paceMs }: JobShape): void {
    const prompt = `a lake, milliseconds a step: ${paceMs}`;
    const params = { prompt, seed: ledger.jobs.size * 100, count, steps, width: 256, height: 256 };
    const job = ledger.add(randomUUID(), params, paceMs);
    if (by === 'http') {
      reader.follow(job.jobId);
      beside(() => put(job).finally(() => reader.submit(job.jobId)));
      return;
    }
    reader.submit(job.jobId);
    if (by === 'client') pending.push(makeWithClient(job));
  }

  async function makeWithClient(job: LedgerJob): Promise<void> {
    try {
      job.clients.push(await makeByClient(relay.url, job));
    } catch (error) {
      ledger.fault(`${job.jobId}: a client got ${error}`);
    }
  }

  async function put(job: LedgerJob): Promise<void> {
    const status = await ask(job, { method: 'PUT', body: JSON.stringify(job.params) });
    job.isStored ||= status === 201;
  }

  function cancel(reader: WireReader, by: Road, job: LedgerJob): void {
    const follower = [reader, ...readers].find(({ follows }) => follows.includes(job.jobId));
    job.cancelAsked = true;
    if (by === 'socket') follower?.cancel(job.jobId);
    else beside(() => remove(job));
  }

  async function remove(job: LedgerJob): Promise<void> {
    const life = lives.now;
    const status = await ask(job, { method: 'DELETE' });
    if (status === 200) job.cancelled ??= { life, atMs: Date.now() };
  }

  /** Only of a job that must be known: the id of another one would be free. */
  async function conflict(reader: WireReader, by: Road, job: LedgerJob): Promise<void> {
    if (!job.isStored) return;
    const params = { ...job.params, seed: job.params.seed + 1 };
    if (by === 'socket') return reader.submitOther(job.jobId, params);
    const status = await ask(job, { method: 'PUT', body: JSON.stringify(params) });
    if (status !== 409) ledger.fault(`${job.jobId}: other parameters were answered with ${status}`);
  }

  /** What waits for the one with the screen stays small: one preview of each job. */
  async function stopReading(reader: WireReader, forMs: number): Promise<void> {
    const sentPreviews = () => lives.metric('safelight_sent_bytes_total{kind="preview"}');
    await comeBack(reader);
    const paused = reader.pause();
    const before = await sentPreviews();
    beside(async () => {
      try {
        await sleep(forMs);
        if (reader !== readers[0] || !paused.isUp()) return;
        const waiting = (await sentPreviews()) - before;
        if (waiting > (PREVIEW_BYTES + FRAME_BYTES) * ledger.jobs.size)
          ledger.fault(`${waiting} bytes wait for a slow reader`);
        await lives.measureMemory();
      } finally {
        paused.goOn();
      }
    });
  }

  function mayCome(type: JobEvent['type']): boolean {
    const isCancelled = ({ cancelAsked, ending }: LedgerJob) => cancelAsked && ending === undefined;
    const isPossible = type !== 'cancelled' || [...ledger.jobs.values()].some(isCancelled);
    return isPossible && readers.some(({ isUp, hasAll }) => isUp && !hasAll);
  }

  /** In the very moment that it is told, or when it cannot come any more. */
  function heard(type: JobEvent['type']): Promise<void> {
    if (!mayCome(type)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, WAIT_MS);
      const stop = ledger.onEvent((told) => (told === type || !mayCome(type)) && done());
    });
  }

  async function act(action: JobAction): Promise<void> {
    const reader = readers['reader' in action ? action.reader : 0];
    const job = 'job' in action ? jobAt(action.job) : undefined;
    switch (action.do) {
      case 'submit':
        return submit(reader, action.by, action.shape);
      case 'duplicate':
        return job && reader.submit(job.jobId);
      case 'conflict':
        return job && conflict(reader, action.by, job);
      case 'cancel':
        return job && cancel(reader, action.by, job);
      case 'acknowledge':
        return job && reader.acknowledge(job.jobId);
      case 'drop':
        return reader.drop();
      case 'cut clients':
        return relay.cut();
      case 'reconnect':
        return comeBack(reader);
      case 'stop reading':
        return stopReading(reader, action.forMs);
      case 'kill engine':
        return lives.killEngine(action.signal);
      case 'restart server':
        return restart(action.after);
      case 'restart server twice':
        return restart(action.after, action.killAtMs);
      case 'wait':
        return heard(action.for);
      default:
        return action satisfies never;
    }
  }

  /** However long that takes, as long as something is told. */
  async function untilAllEnded(some: WireReader[]): Promise<void> {
    let heardAtMs = performance.now();
    const stop = ledger.onEvent(() => {
      heardAtMs = performance.now();
    });
    try {
      while (!some.every(({ hasAll }) => hasAll)) {
        if (performance.now() - heardAtMs > SILENCE_MS) throw new Error('some job never ended');
        await sleep(5);
      }
    } finally {
      stop();
    }
  }

  return {
    ...{ ledger, lives, act, end },
    async settle() {
      await Promise.all(readers.filter(({ isUp }) => !isUp).map(comeBack));
      await Promise.all(pending);
      await untilAllEnded(readers);
      const late = createWireReader('late reader', ledger, undefined);
      readers.push(late);
      await comeBack(late);
      for (const jobId of ledger.jobs.keys()) late.submit(jobId);
      await untilAllEnded([late]);
    },
    async close() {
      await relay.close();
      await lives.close();
    },
  };
}
