/** One job: its state, its numbered event log, its newest preview, its pictures, and whoever watches. */
import { createHash } from 'node:crypto';
import type { RgbImage } from '../engine/events.js';
import { SafelightError } from '../protocol/errors.js';
import { isEnding, type JobEvent, type JobSnapshot, type JobState } from '../protocol/messages.js';
import type { GenerationParams } from '../protocol/params.js';

export type ImageEvent = Extract<JobEvent, { type: 'image' }>;
/** An event as it is told to `append`, which numbers it. */
export type NewEvent = JobEvent extends infer E ? (E extends JobEvent ? EventBody<E> : never) : never;
/** Only the named fields: a loose schema's index signature would swallow them. */
type EventBody<E> = { [K in keyof E as string extends K ? never : K extends 'jobId' | 'seq' ? never : K]: E[K] };

/** `seq` is that of the newest event when it was made: a watcher gets it after that event. */
export interface JobPreview {
  seq: number;
  image: number;
  step: number;
  picture: RgbImage;
}

const STATE_AFTER: Partial<Record<JobEvent['type'], JobState>> = {
  started: 'running',
  completed: 'completed',
  cancelled: 'cancelled',
  failed: 'failed',
};

export class Job {
  readonly id: string;
  /** Of what was asked, before anything random was filled in: tells a repeated submit from another one. */
  readonly paramsHash: string;
  readonly seeds: readonly number[];
  /** The client said that the pictures are safe with it. */
  acknowledged = false;
  /** Why it failed. */
  error: SafelightError | undefined;
  /** Place in the queue; 0 = next to run. Counts only while queued. */
  position = 0;

  #state: JobState = 'queued';
  readonly #events: JobEvent[] = [];
  #preview: JobPreview | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #previewRates = new Set<() => number>();

  constructor(id: string, paramsHash: string, seeds: readonly number[]) {
    this.id = id;
    this.paramsHash = paramsHash;
    this.seeds = seeds;
  }

  get state(): JobState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state !== 'queued' && this.#state !== 'running';
  }

  /** Of the newest event; 0 before the first. */
  get seq(): number {
    return this.#events.length;
  }

  get preview(): JobPreview | undefined {
    return this.#preview;
  }

  get images(): ImageEvent[] {
    return this.#events.filter((event): event is ImageEvent => event.type === 'image');
  }

  /** Numbers the event and tells it. Nothing can follow the event that ends the job. */
  append(body: NewEvent): void {
    if (this.ended) throw new Error(`job ${this.id} has ended; ${body.type} came too late`);
    this.#events.push({ ...body, jobId: this.id, seq: this.seq + 1 });
    this.#state = STATE_AFTER[body.type] ?? this.#state;
    // A preview of a picture that is there has nothing more to tell.
    if (body.type === 'image' || isEnding(body)) this.#preview = undefined;
    this.#tell();
  }

  /** Newest wins: there is one slot, and previews are not in the log. */
  setPreview(preview: Omit<JobPreview, 'seq'>): void {
    if (this.ended) return;
    this.#preview = { ...preview, seq: this.seq };
    this.#tell();
  }

  /** Runs on each new event and preview. @returns how to stop it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param rate previews a second that this watcher wants now. @returns how to stop wanting */
  wantPreviews(rate: () => number): () => void {
    this.#previewRates.add(rate);
    return () => this.#previewRates.delete(rate);
  }

  /** What the most eager watcher wants; 0 = nobody looks. */
  previewRate(): number {
    return Math.max(0, ...[...this.#previewRates].map((rate) => rate()));
  }

  /** Every event after `afterSeq`, once and in order, at the reader's own pace, to the end of the job or the signal. */
  async *subscribe(afterSeq: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    let wake = () => {};
    const stopListening = this.onChange(() => wake());
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (let next = afterSeq; !signal.aborted; ) {
        const event = this.#events[next];
        if (event !== undefined) {
          next += 1;
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

  toSnapshot(epoch: string): JobSnapshot {
    const progress = this.#events.findLast((event) => event.type === 'progress');
    return {
      jobId: this.id,
      state: this.#state,
      epoch,
      seq: this.seq,
      position: this.#state === 'queued' ? this.position : undefined,
      seeds: [...this.seeds],
      progress: progress && { image: progress.image, step: progress.step, steps: progress.steps },
      images: this.images.map(({ n, seed, sha256, bytes, href }) => ({ n, seed, sha256, bytes, href })),
      error: this.error?.toBody(),
    };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
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
