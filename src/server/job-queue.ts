/** Jobs in their order: first in, first out, one at a time on the one device; what a server before this one left goes on. */
import { type ResolvedParams, resolveParams, toSeeds } from '../engine/request.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import type { ImageInfo, JobEnding } from '../protocol/messages.js';
import type { GenerationParams } from '../protocol/params.js';
import type { EncodedImage, EngineEvent } from './engine-messages.js';
import type { Engine } from './engine-process.js';
import type { ImageStore } from './image-store.js';
import { assertSameParams, hashParams, Job } from './job.js';
import { createJobRegistry, restoreJob, toStateFile } from './job-registry.js';
import type { JobStore } from './job-store.js';
import type { ServerLimits } from './limits.js';
import { describeError, type Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { ModelCatalog } from './model-catalog.js';
import { checkPictureSize } from './picture-size.js';
import { createTokenBucket } from './token-bucket.js';

const MAX_ENDED_JOBS = 256;
/** For one of the waiting jobs to leave; a guess, for there is no telling how long they take. */
const FULL_QUEUE_RETRY_MS = 5000;
/** A job that takes its server down is not begun for ever. */
const MAX_ATTEMPTS = 3;

export interface JobQueue {
  /** Jobs that wait or run. */
  readonly length: number;
  /** The same id with the same parameters is the same job. @throws SafelightError CONFLICT | QUEUE_FULL | RATE_LIMITED | SHUTTING_DOWN and what `resolveParams` throws */
  submit(jobId: string, params: GenerationParams, options?: SubmitOptions): Submitted;
  /** @throws SafelightError NOT_FOUND */
  get(jobId: string): Job;
  /** Oldest first. */
  list(): Job[];
  /** Ends a waiting job now and a running one after its step; twice is safe. @throws SafelightError NOT_FOUND | SHUTTING_DOWN */
  cancel(jobId: string): Job;
  /** The pictures are safe with the client. @throws SafelightError NOT_FOUND */
  acknowledge(jobId: string): void;
  /**
   * Durable jobs stay as they are for the next server; the others end as failed with SHUTTING_DOWN. Resolves when nothing runs
   * and nothing is being written any more.
   */
  close(): Promise<void>;
}

export interface SubmitOptions {
  /** Default true: see JobIdentity. */
  isDurable?: boolean;
}

export interface Submitted {
  job: Job;
  created: boolean;
  /** Resolves when a server that comes after this one would know the job. */
  stored: Promise<void>;
}

export interface JobQueueOptions {
  engine: Engine;
  images: ImageStore;
  store: JobStore;
  models: Pick<ModelCatalog, 'find'>;
  limits: Pick<ServerLimits, 'queue' | 'submitsPerMinute' | 'imageBytes' | 'pixels'>;
  metrics: Metrics;
  log: Log;
  maxEndedJobs?: number;
}

/** What a job needs until it has ended; the init picture may be many megabytes. */
interface Task {
  job: Job;
  modelDir: string;
  params: ResolvedParams;
  controller: AbortController;
  /** Of the monotonic clock. */
  queuedAtMs: number;
  stored: Promise<void>;
}

/** Takes up what the store has. @throws what the store throws */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { engine, images, store, models, limits, metrics, log, maxEndedJobs = MAX_ENDED_JOBS } = options;
  const registry = createJobRegistry({ store, images, maxEndedJobs, maxImageBytes: limits.imageBytes, log });
  const submits = createTokenBucket(limits.submitsPerMinute, 60_000);
  let waiting: Task[] = [];
  let running: { task: Task; ended: Promise<void> } | undefined;
  let closed = false;

  function submit(jobId: string, asked: GenerationParams, { isDurable = true }: SubmitOptions = {}): Submitted {
    const paramsHash = hashParams(asked);
    const known = registry.find(jobId);
    if (known !== undefined) {
      assertSameParams(known, paramsHash);
      return { job: known, created: false, stored: storedOf(known) };
    }
    if (closed) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
    const { dir: modelDir, summary } = models.find(asked.model);
    const params = resolveParams(asked, summary);
    checkPictureSize(params, summary.sizeMultipleOf, limits.pixels);
    checkRoom();
    const job = new Job({
      ...{ id: jobId, paramsHash, seeds: toSeeds(params), modelId: summary.id, isDurable },
      submittedAt: nextTime(),
    });
    const stored = isDurable ? store.add(toStateFile(job), params) : Promise.resolve();
    stored.catch(() => {}); // runTask tells it
    registry.add(job);
    job.position = waiting.length;
    job.append({ type: 'queued', position: job.position });
    enqueue(job, modelDir, params, stored);
    startNext();
    return { job, created: true, stored };
  }

  /** @throws SafelightError QUEUE_FULL | RATE_LIMITED */
  function checkRoom(): void {
    if (running !== undefined && waiting.length >= limits.queue) {
      const words = `${waiting.length} jobs are waiting already; try again later`;
      throw new SafelightError('QUEUE_FULL', words, { retryAfterMs: FULL_QUEUE_RETRY_MS });
    }
    if (!submits.take()) {
      const words = `at most ${limits.submitsPerMinute} new jobs a minute; try again later`;
      throw new SafelightError('RATE_LIMITED', words, { retryAfterMs: submits.waitMs() });
    }
  }

  /** No two the same, also within a millisecond: it is the order after a restart. */
  function nextTime(): number {
    return Math.max(Date.now(), (registry.list().at(-1)?.submittedAt ?? 0) + 1);
  }

  function enqueue(job: Job, modelDir: string, params: ResolvedParams, stored: Promise<void>): void {
    const controller = new AbortController();
    waiting.push({ job, modelDir, params, controller, queuedAtMs: performance.now(), stored });
  }

  function storedOf(job: Job): Promise<void> {
    const tasks = running === undefined ? waiting : [running.task, ...waiting];
    return tasks.find((task) => task.job === job)?.stored ?? Promise.resolve();
  }

  function startNext(): void {
    if (running !== undefined || closed) return;
    const task = waiting.shift();
    if (task === undefined) return;
    running = { task, ended: runTask(task) };
    tellPositions();
  }

  function tellPositions(): void {
    for (const [position, { job }] of waiting.entries()) {
      if (job.position === position) continue;
      job.position = position;
      job.append({ type: 'queued', position });
    }
  }

  async function runTask(task: Task): Promise<void> {
    const { job } = task;
    const startedAtMs = performance.now();
    job.append({ type: 'started', seeds: [...job.seeds] });
    log('job started', { level: 'info', jobId: job.id, model: job.modelId, attempt: job.attempts + 1 });
    try {
      await makePictures(task);
      const timings = { queuedMs: startedAtMs - task.queuedAtMs, totalMs: performance.now() - startedAtMs };
      await end(job, { type: 'completed', seeds: [...job.seeds], timings });
    } catch (thrown) {
      const reason = task.controller.signal.aborted ? task.controller.signal.reason : thrown;
      if (isParked(job, reason)) await park(job);
      else await endBadly(job, reason);
    }
    running = undefined;
    metrics.jobEnded(job.ending?.type ?? 'parked', performance.now() - startedAtMs);
    registry.makeRoom();
    startNext();
  }

  async function makePictures({ job, modelDir, params, controller: { signal }, stored }: Task): Promise<void> {
    await stored;
    job.attempts += 1;
    await registry.save(job);
    const previews = () => job.previewRate();
    const previewEncodeMs = () => job.previewEncodeMs();
    const options = { signal, previews, previewEncodeMs };
    for await (const event of engine.run({ jobId: job.id, modelDir, params }, options)) {
      await record(job, event);
    }
  }

  async function record(job: Job, event: EngineEvent): Promise<void> {
    if (event.type === 'preview') {
      metrics.preview('decode', event.costMs);
      if (!hasImage(job, event.image)) job.setPreview(event);
    } else if (event.type !== 'image') {
      if (event.type === 'progress') metrics.progress(event);
      job.append(event);
    } else if (!hasImage(job, event.image)) {
      const image = toImageInfo(job, event);
      await images.write({ jobId: job.id, n: image.n, format: image.format }, event.bytes);
      await registry.save(job, { images: [...job.images, image] });
      job.append({ type: 'image', ...image });
    }
  }

  /** The server goes, and the job stays: the next server makes it. */
  function isParked(job: Job, reason: unknown): boolean {
    return job.isDurable && closed && reason instanceof SafelightError && reason.code === 'SHUTTING_DOWN';
  }

  /** Nothing was wrong with it: this attempt does not count. */
  function park(job: Job): Promise<void> {
    job.attempts -= 1;
    return registry.save(job);
  }

  /** A cancel is an outcome, not an error. */
  async function endBadly(job: Job, thrown: unknown): Promise<void> {
    const error = toSafelightError(thrown);
    if (error.code === 'CANCELLED') return end(job, { type: 'cancelled' });
    if (error.cause !== undefined) log('job broke', { jobId: job.id, level: 'error', error: describeError(error) });
    return end(job, { type: 'failed', code: error.code, message: error.message });
  }

  async function end(job: Job, ending: JobEnding): Promise<void> {
    await registry.save(job, { ending });
    job.append(ending);
    const code = ending.type === 'failed' ? ending.code : undefined;
    log(`job ${ending.type}`, { level: 'info', jobId: job.id, code, images: job.images.length });
  }

  function leaveQueue(jobId: string): Task | undefined {
    const task = waiting.find(({ job }) => job.id === jobId);
    waiting = waiting.filter((other) => other !== task);
    return task;
  }

  function cancel(jobId: string): Job {
    const job = registry.get(jobId);
    // It is left to the next server already.
    if (closed && job.isDurable && !job.ended) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
    const reason = new SafelightError('CANCELLED', 'the job was cancelled');
    if (running?.task.job === job) running.task.controller.abort(reason);
    if (leaveQueue(jobId) === undefined) return job;
    void endBadly(job, reason).then(registry.makeRoom);
    tellPositions();
    return job;
  }

  async function close(): Promise<void> {
    closed = true;
    const reason = new SafelightError('SHUTTING_DOWN', 'the server stopped before the job had ended');
    const left = waiting;
    waiting = [];
    for (const { job } of left) if (!isParked(job, reason)) void endBadly(job, reason);
    running?.task.controller.abort(reason);
    await running?.ended;
    await Promise.allSettled(left.map(({ stored }) => stored));
    await registry.settle();
  }

  async function takeUp(): Promise<void> {
    const left = await store.load();
    await images.keepOnly(left.flatMap(({ state }) => state.images.map((image) => ({ jobId: state.jobId, ...image }))));
    for (const each of left) {
      const job = restoreJob(each);
      registry.add(job);
      if (each.params !== undefined) await requeue(job, each.params);
    }
    registry.makeRoom();
    tellPositions();
    startNext();
  }

  async function requeue(job: Job, params: ResolvedParams): Promise<void> {
    try {
      if (job.attempts >= MAX_ATTEMPTS) throw new SafelightError('ENGINE_FAILED', toWornOutWords(job));
      enqueue(job, models.find(job.modelId).dir, params, Promise.resolve());
    } catch (thrown) {
      await endBadly(job, thrown);
    }
  }

  await takeUp();
  return {
    get length() {
      return waiting.length + (running === undefined ? 0 : 1);
    },
    submit,
    get: registry.get,
    list: registry.list,
    cancel,
    acknowledge: registry.acknowledge,
    close,
  };
}

function toWornOutWords({ attempts }: Job): string {
  return `the server ended ${attempts} times while it made this picture; it is not tried again`;
}

/** By another try, or another server: it was announced, so it stays as it is. */
function hasImage({ images }: Job, n: number): boolean {
  return images.some((image) => image.n === n);
}

function toImageInfo({ id }: Job, image: EncodedImage): ImageInfo {
  const { image: n, seed, sha256, bytes, width, height, format } = image;
  const href = `/jobs/${id}/images/${n}`;
  return { n, seed, sha256, bytes: bytes.length, width, height, format, href };
}
