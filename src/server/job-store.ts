/**
 * Jobs on the disk, so that a server that comes back knows them: `{dataDir}/jobs/{id}.request.json`, written once, is what to
 * make; `{id}.state.json` is how far it is. A job without the second file was never accepted.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ResolvedParams } from '../engine/request.js';
import { ImageInfoSchema, JobEndingSchema } from '../protocol/messages.js';
import { GenerationParamsSchema } from '../protocol/params.js';
import { parseWideJson } from '../protocol/wide-json.js';
import { makeDataFolder } from './image-store.js';
import { describeError, type Log } from './log.js';
import { toDiskError, UNFINISHED, writeWhole } from './whole-file.js';

const JobStateFileSchema = z.object({
  jobId: z.uuid(),
  paramsHash: z.string(),
  seeds: z.array(z.int()),
  /** Milliseconds since 1970: the order of the queue. */
  submittedAt: z.number(),
  modelId: z.string(),
  /** How often it was begun. */
  attempts: z.int(),
  acknowledged: z.boolean(),
  images: z.array(ImageInfoSchema),
  /** Left out = it has not ended. */
  ending: JobEndingSchema.optional(),
});
export type JobStateFile = z.infer<typeof JobStateFileSchema>;

export interface StoredJob {
  state: JobStateFile;
  /** Of a job that has not ended. */
  params: ResolvedParams | undefined;
}

export interface JobStore {
  /** Resolves when a server that starts after a power cut would know the job. @throws SafelightError DISK_FULL | INTERNAL */
  add(state: JobStateFile, params: ResolvedParams): Promise<void>;
  /** Of one job one after the other; the request is dropped with the ending. */
  update(state: JobStateFile): Promise<void>;
  remove(jobId: string): Promise<void>;
  /**
   * Oldest first. What cannot be read is told to the log and left where it is; what a server left that ended in the middle of
   * a write is removed.
   */
  load(): Promise<StoredJob[]>;
}

const STATE = '.state.json';
const REQUEST = '.request.json';
const ResolvedParamsSchema = GenerationParamsSchema.refine(
  (params): params is ResolvedParams => params.seed !== undefined && params.guidanceScale !== undefined,
);

/** @throws SafelightError UNSUPPORTED when the folder cannot be made */
export async function createJobStore(dataDir: string, log: Log): Promise<JobStore> {
  const dir = join(dataDir, 'jobs');
  await makeDataFolder(dir);
  const pathOf = (jobId: string, kind: string) => join(dir, `${jobId}${kind}`);
  const tails = new Map<string, Promise<void>>();

  /** Two writes of one job must not meet in one file. */
  function inTurn(jobId: string, work: () => Promise<void>): Promise<void> {
    const done = (tails.get(jobId) ?? Promise.resolve()).then(work);
    const tail = done.catch(() => {}); // the caller hears of it; the next write is tried all the same
    tails.set(jobId, tail);
    void tail.then(() => tails.get(jobId) === tail && tails.delete(jobId));
    return done;
  }

  const writeState = (state: JobStateFile) => writeWhole(pathOf(state.jobId, STATE), JSON.stringify(state));
  const drop = (jobId: string, kind: string) => rm(pathOf(jobId, kind), { force: true });

  async function read(name: string): Promise<StoredJob | undefined> {
    try {
      const state = JobStateFileSchema.parse(JSON.parse(await readFile(join(dir, name), 'utf8')));
      if (state.ending !== undefined) return { state, params: undefined };
      const request = parseWideJson(await readFile(pathOf(state.jobId, REQUEST), 'utf8'));
      return { state, params: ResolvedParamsSchema.parse(request) as ResolvedParams };
    } catch (error) {
      log('a stored job is left out', { file: join(dir, name), error: describeError(error) });
      return undefined;
    }
  }

  /** Half files, and requests of jobs that have ended or were never accepted. */
  async function removeLeftovers(names: string[], jobs: StoredJob[]): Promise<void> {
    const ended = new Set(jobs.filter(({ params }) => params === undefined).map(({ state }) => state.jobId));
    const isLeftover = (name: string) => {
      const jobId = name.slice(0, -REQUEST.length);
      const isDone = ended.has(jobId) || !names.includes(`${jobId}${STATE}`);
      return name.endsWith(UNFINISHED) || (name.endsWith(REQUEST) && isDone);
    };
    await Promise.all(names.filter(isLeftover).map((name) => rm(join(dir, name), { force: true })));
  }

  return {
    add: (state, params) =>
      inTurn(state.jobId, async () => {
        try {
          await writeWhole(pathOf(state.jobId, REQUEST), JSON.stringify(params));
          await writeState(state);
        } catch (cause) {
          throw toDiskError('the job', cause);
        }
      }),
    update: (state) =>
      inTurn(state.jobId, async () => {
        await writeState(state);
        if (state.ending !== undefined) await drop(state.jobId, REQUEST);
      }),
    remove: (jobId) =>
      inTurn(jobId, async () => {
        await drop(jobId, STATE);
        await drop(jobId, REQUEST);
      }),
    async load() {
      const names = await readdir(dir);
      const states = names.filter((name) => name.endsWith(STATE));
      const jobs = (await Promise.all(states.map(read))).filter((job) => job !== undefined);
      await removeLeftovers(names, jobs);
      return jobs.sort((a, b) => a.state.submittedAt - b.state.submittedAt);
    },
  };
}
