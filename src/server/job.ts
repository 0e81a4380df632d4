/** One job: its state, its numbered event log, its newest preview, its pictures, and whoever watches. */
import { createHash } from 'node:crypto';
import type { RgbImage } from '../engine/events.js';
import { SafelightError, toErrorCode } from '../protocol/errors.js';
import {
  type ImageInfo,
  isEnding,
  type JobEnding,
  type JobEvent,
  type JobSnapshot,
  type JobState,
} from '../protocol/messages.js';
import type { GenerationParams } from '../protocol/params.js';
import type { PictureWish } from './preview-sender.js';

/** An event as it is told to `append`, which numbers it. */
export type NewEvent = JobEvent extends infer E ? (E extends JobEvent ? EventBody<E> : never) : never;
type EventBody<E> = NamedWithout<E, 'jobId' | 'seq'>;
/** Only the named fields: a loose schema's index signature would swallow them. */
type NamedWithout<T, Left> = { [K in keyof T as string extends K ? never : K extends Left ? never : K]: T[K] };

/** `seq` is that of the newest event when it was made: a watcher gets it after that event. */
export interface JobPreview {
  seq: number;
  image: number;
  step: number;
  picture: RgbImage;
}

/** Without the server's epoch, which a job does not know. */
export type JobView = NamedWithout<JobSnapshot, 'epoch'>;
/** Instead of events that the log no longer has. */
export type SnapshotEvent = { type: 'snapshot' } & JobView;

/** Enough for the 16 × 50 steps of a large job; what is older is told by a snapshot. */
const MAX_LOG_EVENTS = 1024;
/** What a reader did not get to in this time is told only if nothing of its kind came after it. */
const LATE_MS = 100;
/** Of these only the newest counts. */
const MERGED: ReadonlySet<string> = new Set(['queued', 'stage', 'progress']);

/** For one wish, until a job's first preview tells. */
const FIRST_ENCODE_MS = 3;

const STATE_AFTER: Partial<Record<JobEvent['type'], JobState>> = {
  started: 'running',
  completed: 'completed',
  cancelled: 'cancelled',
  failed: 'failed',
};

export interface JobIdentity {
  id: string;
  /** Of what was asked, before anything random was filled in: tells a repeated submit from another one. */
  paramsHash: string;
  seeds: readonly number[];
  modelId: string;
  /** Milliseconds since 1970. */
  submittedAt: number;
  /** Made again by the next server when this one ends before it has; else nobody would wait for it. */
  isDurable: boolean;
}

export class Job implements JobIdentity {
  readonly id: string;
  readonly paramsHash: string;
  readonly seeds: readonly number[];
  readonly modelId: string;
  readonly submittedAt: number;
  readonly isDurable: boolean;
  /** How often it was begun, by this server and those before it. */
  attempts = 0;
  /** The client said that the pictures are safe with it. */
  acknowledged = false;
  /** Place in the queue; 0 = next to run. Counts only while queued. */
  position = 0;

  #state: JobState = 'queued';
  /** The newest of the log, seq after seq. */
  readonly #log: { event: JobEvent; atMs: number }[] = [];
  readonly #newestSeq = new Map<JobEvent['type'], number>();
  readonly #images: ImageInfo[] = [];
  #notes: readonly string[] | undefined;
  #ending: JobEnding | undefined;
  #progress: Extract<JobEvent, { type: 'progress' }> | undefined;
  #seq = 0;
  #preview: JobPreview | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #wishes = new Set<() => PictureWish | undefined>();
  #previewCount = 0;
  #encodeMs = 0;

  readonly #maxLogEvents: number;

  constructor(identity: JobIdentity, maxLogEvents = MAX_LOG_EVENTS) {
    this.id = identity.id;
    this.paramsHash = identity.paramsHash;
    this.seeds = identity.seeds;
    this.modelId = identity.modelId;
    this.submittedAt = identity.submittedAt;
    this.isDurable = identity.isDurable;
    this.#maxLogEvents = maxLogEvents;
  }

  get state(): JobState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state !== 'queued' && this.#state !== 'running';
  }

  /** Why it failed. */
  get error(): SafelightError | undefined {
    if (this.#ending?.type !== 'failed') return undefined;
    return new SafelightError(toErrorCode(this.#ending.code, 'INTERNAL'), this.#ending.message);
  }

  /** Of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  get preview(): JobPreview | undefined {
    return this.#preview;
  }

  get images(): readonly ImageInfo[] {
    return this.#images;
  }

  /** What a person should know of the request; undefined = nothing, or not yet. */
  get notes(): readonly string[] | undefined {
    return this.#notes;
  }

  /** Undefined until it has ended. */
  get ending(): JobEnding | undefined {
    return this.#ending;
  }

  /** Numbers the event and tells it. Nothing can follow the event that ends the job. */
  append(body: NewEvent): void {
    if (this.ended) throw new Error(`job ${this.id} has ended; ${body.type} came too late`);
    const event: JobEvent = { ...body, jobId: this.id, seq: ++this.#seq };
    this.#log.push({ event, atMs: performance.now() });
    if (this.#log.length > this.#maxLogEvents) this.#log.shift();
    this.#newestSeq.set(event.type, event.seq);
    if (body.type === 'image') this.#images.push(toImageInfo(body));
    if (body.type === 'stage') this.#notes ??= body.notes;
    if (isJobEnding(body)) this.#ending = body;
    if (event.type === 'progress') this.#progress = event;
    this.#state = STATE_AFTER[body.type] ?? this.#state;
    // A preview of a picture that is there has nothing more to tell.
    if (body.type === 'image' || isEnding(body)) this.#preview = undefined;
    this.#tell();
  }

  /** Newest wins: there is one slot, and previews are not in the log. */
  setPreview({ image, step, picture }: Omit<JobPreview, 'seq'>): void {
    if (this.ended) return;
    this.#preview = { image, step, picture, seq: this.seq };
    this.#previewCount += 1;
    this.#tell();
  }

  /** Runs on each new event and preview. @returns how to stop it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param wish what this watcher can show now. @returns how to stop wanting */
  wantPreviews(wish: () => PictureWish | undefined): () => void {
    this.#wishes.add(wish);
    return () => this.#wishes.delete(wish);
  }

  /** What the most eager watcher wants; 0 = nobody looks. */
  previewRate(): number {
    return Math.max(0, ...this.#wished().map(({ maxPerSecond }) => maxPerSecond));
  }

  addPreviewEncoding(ms: number): void {
    this.#encodeMs += ms;
  }

  /** What encoding previews for all watchers will have cost, about, when one more is made. */
  previewEncodeMs(): number {
    if (this.#previewCount > 0) return this.#encodeMs + this.#encodeMs / this.#previewCount;
    const kinds = this.#wished().map(({ format, maxWidth, maxHeight }) => `${format} ${maxWidth}×${maxHeight}`);
    return new Set(kinds).size * FIRST_ENCODE_MS;
  }

  #wished(): PictureWish[] {
    return [...this.#wishes].flatMap((wish) => wish() ?? []);
  }

  /** It always ends, also when it is cancelled: nothing else has to stop this wait. */
  untilEnded(): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.onChange(() => {
        if (!this.ended) return;
        stop();
        resolve();
      });
    });
  }

  /**
   * Every event after `afterSeq`, once and in order, at the reader's own pace, to the end of the job or the signal. A snapshot
   * comes first where the log does not reach back; a reader that is late is spared progress that was overtaken meanwhile.
   */
  async *subscribe(afterSeq: number, signal: AbortSignal): AsyncGenerator<JobEvent | SnapshotEvent> {
    let wake = () => {};
    const stopListening = this.onChange(() => wake());
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort, { once: true });
    const missedTo = this.seq;
    try {
      for (let seq = afterSeq; !signal.aborted; ) {
        const event = this.#nextAfter(seq, missedTo);
        if (event !== undefined) {
          seq = event.seq;
          yield event;
        } else if (this.ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      stopListening();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** @param missedTo up to this seq everything is told, however old: the reader was not there */
  #nextAfter(seq: number, missedTo: number): JobEvent | SnapshotEvent | undefined {
    const oldest = this.seq - this.#log.length + 1;
    if (seq < oldest - 1) return this.#snapshotEvent();
    for (let i = seq - oldest + 1; i < this.#log.length; i++) {
      const { event, atMs } = this.#log[i];
      if (event.seq <= missedTo || !this.#isOvertaken(event) || performance.now() - atMs <= LATE_MS) return event;
    }
    return undefined;
  }

  #isOvertaken(event: JobEvent): boolean {
    if (event.type === 'stage' && event.notes !== undefined) return false; // sent only once
    return MERGED.has(event.type) && event.seq < (this.#newestSeq.get(event.type) ?? 0);
  }

  /** The event that ends a job is always told by itself. */
  #snapshotEvent(): SnapshotEvent {
    return { type: 'snapshot', ...this.toSnapshot(), seq: this.ended ? this.seq - 1 : this.seq };
  }

  toSnapshot(): JobView {
    const progress = this.#progress;
    return {
      jobId: this.id,
      state: this.#state,
      seq: this.seq,
      position: this.#state === 'queued' ? this.position : undefined,
      seeds: [...this.seeds],
      progress: progress && toNumbers(progress),
      images: [...this.images],
      notes: this.#notes && [...this.#notes],
      error: this.error?.toBody(),
    };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function toImageInfo({ type: _, ...image }: Extract<NewEvent, { type: 'image' }>): ImageInfo {
  return image;
}

function isJobEnding(body: NewEvent): body is Extract<NewEvent, { type: JobEnding['type'] }> {
  return isEnding(body);
}

function toNumbers({ image, step, steps, elapsedMs, etaMs }: Extract<JobEvent, { type: 'progress' }>) {
  return { image, step, steps, elapsedMs, etaMs };
}

/** Parsed parameters have every default filled, so two ways to say the same request hash the same. */
export function hashParams(params: GenerationParams): string {
  const sorted = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** @throws SafelightError CONFLICT */
export function assertSameParams(job: Job, paramsHash: string): void {
  if (job.paramsHash === paramsHash) return;
  throw new SafelightError('CONFLICT', `job ${job.id} was submitted with other parameters; choose a new id`);
}
