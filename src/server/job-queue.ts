/** Jobs in memory: first in, first out, one at a time on the one device; the newest ended ones stay known. */
import { type ResolvedParams, resolveParams, toSeeds } from '../engine/request.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import type { GenerationParams } from '../protocol/params.js';
import type { EncodedImage, EngineEvent } from './engine-messages.js';
import type { Engine } from './engine-process.js';
import type { ImageStore } from './image-store.js';
import { assertSameParams, hashParams, Job } from './job.js';
import { describeError, type Log } from './log.js';
import type { ModelCatalog } from './model-catalog.js';

const MAX_ENDED_JOBS = 256;

export interface JobQueue {
  /** Jobs that wait or run. */
  readonly length: number;
  /** The same id with the same parameters is the same job. @throws SafelightError CONFLICT | QUEUE_FULL | SHUTTING_DOWN and what `resolveParams` throws */
  submit(jobId: string, params: GenerationParams): { job: Job; created: boolean };
  /** @throws SafelightError NOT_FOUND */
  get(jobId: string): Job;
  /** Oldest first. */
  list(): Job[];
  /** Ends a waiting job now and a running one after its step; twice is safe. @throws SafelightError NOT_FOUND */
  cancel(jobId: string): Job;
  /** Ends every job as failed with SHUTTING_DOWN; resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface JobQueueOptions {
  engine: Engine;
  images: ImageStore;
  models: Pick<ModelCatalog, 'find'>;
  /** Jobs that may wait beside the running one. */
  maxQueue: number;
  log: Log;
  maxEndedJobs?: number;
}

/** What a job needs until it has ended; the init picture may be many megabytes. */
interface Task {
  job: Job;
  modelDir: string;
  params: ResolvedParams;
  controller: AbortController;
  submittedAtMs: number;
}

export function createJobQueue(options: JobQueueOptions): JobQueue {
  const { engine, images, models, maxQueue, log, maxEndedJobs = MAX_ENDED_JOBS } = options;
  const jobs = new Map<string, Job>();
  let waiting: Task[] = [];
  let running: { task: Task; ended: Promise<void> } | undefined;
  let closed = false;

  function submit(jobId: string, asked: GenerationParams): { job: Job; created: boolean } {
    const paramsHash = hashParams(asked);
    const known = jobs.get(jobId);
    if (known !== undefined) {
      assertSameParams(known, paramsHash);
      return { job: known, created: false };
    }
    if (closed) throw new SafelightError('SHUTTING_DOWN', 'the server is stopping');
    const { dir: modelDir, summary } = models.find(asked.model);
    const params = resolveParams(asked, summary);
    if (running !== undefined && waiting.length >= maxQueue) {
      throw new SafelightError('QUEUE_FULL', `${waiting.length} jobs are waiting already; try again later`);
    }
    const job = new Job(jobId, paramsHash, toSeeds(params));
    jobs.set(jobId, job);
    waiting.push({ job, modelDir, params, controller: new AbortController(), submittedAtMs: performance.now() });
    job.position = waiting.length - 1;
    job.append({ type: 'queued', position: job.position });
    startNext();
    return { job, created: true };
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

  async function runTask({ job, modelDir, params, controller, submittedAtMs }: Task): Promise<void> {
    const { signal } = controller;
    const startedAtMs = performance.now();
    job.append({ type: 'started', seeds: [...job.seeds] });
    try {
      for await (const event of engine.run(
        { jobId: job.id, modelDir, params },
        { signal, previews: () => job.previewRate() },
      )) {
        await record(job, event);
      }
      const timings = { queuedMs: startedAtMs - submittedAtMs, totalMs: performance.now() - startedAtMs };
      job.append({ type: 'completed', seeds: [...job.seeds], timings });
    } catch (thrown) {
      endBadly(job, signal.aborted ? signal.reason : thrown);
    }
    running = undefined;
    forgetOldest();
    startNext();
  }

  async function record(job: Job, event: EngineEvent): Promise<void> {
    if (event.type === 'preview') job.setPreview(event);
    else if (event.type !== 'image') job.append(event);
    else {
      await images.write({ jobId: job.id, n: event.image, format: event.format }, event.bytes);
      job.append(toImageEvent(job, event));
    }
  }

  /** A cancel is an outcome, not an error. */
  function endBadly(job: Job, thrown: unknown): void {
    if (thrown instanceof SafelightError && thrown.code === 'CANCELLED') {
      job.append({ type: 'cancelled' });
      return;
    }
    job.error = toSafelightError(thrown);
    if (job.error.cause !== undefined) log(`job ${job.id}: ${describeError(job.error)}`);
    job.append({ type: 'failed', code: job.error.code, message: job.error.message });
  }

  /** Makes room: first what a client has safely, then the oldest. */
  function forgetOldest(): void {
    const ended = [...jobs.values()].filter((job) => job.ended);
    const excess = ended.length - maxEndedJobs;
    if (excess <= 0) return;
    const leaving = [...ended.filter((job) => job.acknowledged), ...ended.filter((job) => !job.acknowledged)];
    for (const job of leaving.slice(0, excess)) {
      jobs.delete(job.id);
      for (const { n, format } of job.images) {
        images.remove({ jobId: job.id, n, format }).catch((error) => log(`job ${job.id}: ${describeError(error)}`));
      }
    }
  }

  function get(jobId: string): Job {
    const job = jobs.get(jobId);
    if (job === undefined) throw new SafelightError('NOT_FOUND', `there is no job ${jobId}`);
    return job;
  }

  function cancel(jobId: string): Job {
    const job = get(jobId);
    end(jobId, new SafelightError('CANCELLED', 'the job was cancelled'));
    return job;
  }

  function end(jobId: string, reason: SafelightError): void {
    if (running?.task.job.id === jobId) running.task.controller.abort(reason);
    const task = waiting.find(({ job }) => job.id === jobId);
    if (task === undefined) return;
    waiting = waiting.filter((other) => other !== task);
    endBadly(task.job, reason);
    tellPositions();
    forgetOldest();
  }

  return {
    get length() {
      return waiting.length + (running === undefined ? 0 : 1);
    },
    submit,
    get,
    list: () => [...jobs.values()],
    cancel,
    async close() {
      closed = true;
      const reason = new SafelightError('SHUTTING_DOWN', 'the server stopped before the job had ended');
      for (const { job } of [...waiting]) end(job.id, reason);
      running?.task.controller.abort(reason);
      await running?.ended;
    },
  };
}

function toImageEvent({ id }: Job, image: EncodedImage) {
  const { image: n, seed, sha256, bytes, width, height, format } = image;
  const href = `/jobs/${id}/images/${n}`;
  return { type: 'image' as const, n, seed, sha256, bytes: bytes.length, width, height, format, href };
}
