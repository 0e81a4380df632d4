/** Every job that this server knows, in memory and on the disk, and what is forgotten to make room. */
import { SafelightError } from '../protocol/errors.js';
import type { ImageStore } from './image-store.js';
import { Job } from './job.js';
import type { JobStateFile, JobStore, StoredJob } from './job-store.js';
import { describeError, type Log } from './log.js';

export interface JobRegistry {
  /** @throws SafelightError NOT_FOUND */
  get(jobId: string): Job;
  find(jobId: string): Job | undefined;
  /** Oldest first. */
  list(): Job[];
  add(job: Job): void;
  /**
   * Resolves when the disk knows how far the job is, with the news: what is told must be so after a `kill -9`, too, so it is
   * written before. Failures are told to the log: the job itself can go on.
   */
  save(job: Job, news?: JobNews): Promise<void>;
  /** The client has its pictures: the first to be forgotten. @throws SafelightError NOT_FOUND */
  acknowledge(jobId: string): void;
  /** First what a client has safely, then the oldest; never a job that has not ended. */
  makeRoom(): void;
  /** Resolves when nothing is being written any more. */
  settle(): Promise<void>;
}

export type JobNews = Partial<Pick<JobStateFile, 'images' | 'ending'>>;

export interface JobRegistryOptions {
  store: JobStore;
  images: ImageStore;
  maxEndedJobs: number;
  /** Of finished pictures on the disk. */
  maxImageBytes: number;
  log: Log;
}

export function createJobRegistry({
  store,
  images,
  maxEndedJobs,
  maxImageBytes,
  log,
}: JobRegistryOptions): JobRegistry {
  const jobs = new Map<string, Job>();
  const writes = new Set<Promise<void>>();
  /** An acknowledgement that is written meanwhile must not undo them. */
  const untold = new WeakMap<Job, JobNews>();

  function get(jobId: string): Job {
    const job = jobs.get(jobId);
    if (job === undefined) throw new SafelightError('NOT_FOUND', `there is no job ${jobId}`);
    return job;
  }

  function track(job: Job, work: Promise<void>): Promise<void> {
    const write = work.catch((error) =>
      log('job was not written down', { jobId: job.id, level: 'error', error: describeError(error) }),
    );
    writes.add(write);
    return write.finally(() => writes.delete(write));
  }

  async function save(job: Job, news: JobNews = {}): Promise<void> {
    if (!job.isDurable) return;
    const all = { ...untold.get(job), ...news };
    untold.set(job, all);
    await track(job, store.update({ ...toStateFile(job), ...all }));
  }

  function forget(job: Job): void {
    jobs.delete(job.id);
    const files = job.images.map(({ n, format }) => images.remove({ jobId: job.id, n, format }));
    void track(
      job,
      Promise.all([store.remove(job.id), ...files]).then(() => {}),
    );
  }

  return {
    get,
    find: (jobId) => jobs.get(jobId),
    list: () => [...jobs.values()],
    add: (job) => void jobs.set(job.id, job),
    save,
    acknowledge(jobId) {
      const job = get(jobId);
      if (job.acknowledged) return;
      job.acknowledged = true;
      void save(job);
    },
    makeRoom() {
      const ended = [...jobs.values()].filter((job) => job.ended);
      const leaving = [...ended.filter((job) => job.acknowledged), ...ended.filter((job) => !job.acknowledged)];
      let count = ended.length;
      let bytes = ended.reduce((sum, job) => sum + bytesOf(job), 0);
      for (const job of leaving) {
        if (count <= maxEndedJobs && bytes <= maxImageBytes) return;
        count -= 1;
        bytes -= bytesOf(job);
        forget(job);
      }
    },
    async settle() {
      while (writes.size > 0) await Promise.all(writes);
    },
  };
}

function bytesOf(job: Job): number {
  return job.images.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function toStateFile(job: Job): JobStateFile {
  const { id, paramsHash, seeds, submittedAt, modelId, attempts, acknowledged, images, ending } = job;
  return {
    jobId: id,
    ...{ paramsHash, seeds: [...seeds], submittedAt, modelId, attempts, acknowledged },
    images: [...images],
    ending,
  };
}

/** A job as a server before this one left it, its events numbered anew. Its pictures stay, also where it is made again. */
export function restoreJob({ state }: StoredJob): Job {
  const { jobId, images, ending, acknowledged, attempts, ...identity } = state;
  const job = new Job({ id: jobId, isDurable: true, ...identity });
  job.acknowledged = acknowledged;
  job.attempts = attempts;
  job.append({ type: 'queued', position: 0 });
  if (ending !== undefined && attempts > 0) job.append({ type: 'started', seeds: [...job.seeds] });
  for (const image of images) job.append({ type: 'image', ...image });
  if (ending !== undefined) job.append(ending);
  return job;
}
