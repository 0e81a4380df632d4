/** What all readers together heard of each job, over all lives of the server, and every contradiction in it. */
import {
  type ImageInfo,
  isEnding,
  JobEndingSchema,
  type JobEvent,
  type JobSnapshot,
} from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';

export type JobParams = GenerationRequest & { seed: number; count: number };

export interface LedgerJob {
  readonly jobId: string;
  readonly params: JobParams;
  /** Of its steps. */
  readonly paceMs: number;
  /** The server said what it says only of a job on its disk: from now on every life must know it. */
  isStored: boolean;
  cancelAsked: boolean;
  /** When the server had answered that. */
  cancelled: { life: number; atMs: number } | undefined;
  /** Of the states that snapshots told, those that are final. */
  readonly endStates: Set<string>;
  /** As announced, by their number. */
  readonly images: Map<number, ImageInfo>;
  /** What ended it, and in which life that was first told. */
  ending: { told: Ending; life: number } | undefined;
  /** Events by `life/seq`: every reader must hear the same. */
  readonly events: Map<string, JobEvent>;
  /** What real clients were told of it, each for itself. */
  readonly clients: HeardJob[];
}

export interface HeardJob {
  images: ImageInfo[];
  endings: Ending[];
}

export type Ending = ReturnType<typeof JobEndingSchema.parse>;

export interface JobLedger {
  readonly jobs: Map<string, LedgerJob>;
  /** What was wrong, in words. Empty is good. */
  readonly faults: string[];
  add(jobId: string, params: JobParams, paceMs: number): LedgerJob;
  /** @throws Error when nobody submitted it */
  job(jobId: string): LedgerJob;
  hear(life: number, event: JobEvent): void;
  /** A picture of a job, or its state, that was told otherwise than by an event. */
  hearSnapshot(snapshot: Pick<JobSnapshot, 'jobId' | 'images' | 'state'>): void;
  /** A slow reader was not told this event. */
  hearSkipped(life: number, jobId: string, seq: number): void;
  fault(words: string): void;
  /** Runs at each event. @returns how to stop it */
  onEvent(listener: (type: JobEvent['type']) => void): () => void;
  /** What can be said only when all is heard. */
  close(): void;
}

/** These are told before the job is on the disk. */
const EARLY: ReadonlySet<string> = new Set(['queued', 'started']);
/** Only these may be kept from a slow reader. */
const MERGED: ReadonlySet<string> = new Set(['queued', 'stage', 'progress']);

export function createJobLedger(): JobLedger {
  const jobs = new Map<string, LedgerJob>();
  const faults: string[] = [];
  const skipped: { job: LedgerJob; key: string }[] = [];
  const listeners = new Set<(type: JobEvent['type']) => void>();
  const fault = (words: string) => void faults.push(words);

  function job(jobId: string): LedgerJob {
    const found = jobs.get(jobId);
    if (found === undefined) throw new Error(`nobody submitted ${jobId}`);
    return found;
  }

  function hearImage({ jobId, images }: LedgerJob, image: ImageInfo): void {
    const told = toImageInfo(image);
    const [first, again] = [images.get(told.n) ?? told, told].map((each) => JSON.stringify(each));
    if (first !== again) fault(`${jobId}: a picture was announced as ${first}, then as ${again}`);
    if (!images.has(told.n)) images.set(told.n, told);
  }

  function hearEnding(of: LedgerJob, life: number, told: Ending): void {
    of.ending ??= { told, life };
    const [first, again] = [of.ending.told, told].map((each) => JSON.stringify(each));
    if (first !== again) fault(`${of.jobId}: ended as ${first} in life ${of.ending.life}, as ${again} in life ${life}`);
  }

  function hear(life: number, event: JobEvent): void {
    const of = job(event.jobId);
    const key = `${life}/${event.seq}`;
    const known = of.events.get(key);
    of.events.set(key, event);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(event))
      fault(`${of.jobId}: event ${key} was ${known.type} for one reader and ${event.type} for another`);
    if (!EARLY.has(event.type)) of.isStored = true;
    if (event.type === 'image') hearImage(of, event);
    if (isEnding(event)) hearEnding(of, life, JobEndingSchema.parse(event));
    if (known === undefined) for (const listener of [...listeners]) listener(event.type);
  }

  return {
    jobs,
    faults,
    job,
    fault,
    hear,
    add(jobId, params, paceMs) {
      const state = { isStored: false, cancelAsked: false, cancelled: undefined, ending: undefined };
      const heard = { endStates: new Set<string>(), images: new Map(), events: new Map(), clients: [] };
      jobs.set(jobId, { jobId, params, paceMs, ...state, ...heard });
      return job(jobId);
    },
    hearSnapshot({ jobId, images, state }) {
      const of = job(jobId);
      for (const image of images) hearImage(of, image);
      if (isEnding({ type: state })) of.endStates.add(state);
    },
    hearSkipped: (life, jobId, seq) => void skipped.push({ job: job(jobId), key: `${life}/${seq}` }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const { job: of, key } of skipped) {
        const type = of.events.get(key)?.type;
        if (type !== undefined && !MERGED.has(type)) fault(`${of.jobId}: a slow reader was not told ${key}, ${type}`);
      }
    },
  };
}

/** Without what it was told in. */
export function toImageInfo({ n, seed, sha256, bytes, width, height, format, href }: ImageInfo): ImageInfo {
  return { n, seed, sha256, bytes, width, height, format, href };
}
