/** What must hold of all jobs when everything is over: why they ended, how often they were made, what lies on the disk. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeAttempts, MAX_ATTEMPTS } from './job-attempts.js';
import type { LedgerJob } from './job-ledger.js';
import type { JobWorld } from './job-world.js';
import type { ServerLives } from './server-lives.js';

/** @returns what is wrong, in words */
export async function judgeJobs({ ledger, lives }: JobWorld): Promise<string[]> {
  const jobs = [...ledger.jobs.values()];
  const notes = await lives.notes();
  ledger.close();
  return [
    ...ledger.faults,
    ...jobs.flatMap((job) => [...judgeEnding(job), ...judgeClients(job)]),
    ...judgeFailures(jobs, lives),
    ...jobs.flatMap((job) => judgeAttempts(job, notes, lives)),
    ...(await judgeFiles(jobs, lives.dataDir)),
  ];
}

function judgeEnding({ jobId, params, ending, endStates, cancelAsked, images }: LedgerJob): string[] {
  const type = ending?.told.type;
  if (type === undefined) return [`${jobId} never ended`];
  if (type === 'cancelled' && !cancelAsked) return [`${jobId} was cancelled by nobody`];
  if ([...endStates].some((state) => state !== type)) return [`${jobId} was ${[...endStates]}, and ended as ${type}`];
  const seeds = Array.from({ length: params.count }, (_, n) => params.seed + n);
  const made = [...images.values()].sort((a, b) => a.n - b.n).map(({ seed }) => seed);
  if (type === 'completed' && made.join() !== seeds.join()) return [`${jobId} made ${made} instead of ${seeds}`];
  return [];
}

/** To each of them the job was what it was to all others: one ending, and each picture once. */
function judgeClients({ jobId, ending, images, clients }: LedgerJob): string[] {
  const all = [...images.values()].sort((a, b) => a.n - b.n);
  const wanted = JSON.stringify({ images: all, endings: [ending?.told] });
  return clients.flatMap((heard) => {
    const got = JSON.stringify({ images: heard.images.sort((a, b) => a.n - b.n), endings: heard.endings });
    return got === wanted ? [] : [`${jobId}: a client was told ${got} instead of ${wanted}`];
  });
}

/** A kill of the engine fails one job, two crashes another; three dead servers may have worn a job out. */
function judgeFailures(jobs: LedgerJob[], { engineKills, all: lives }: ServerLives): string[] {
  const failures = jobs.flatMap(({ ending }) => (ending?.told.type === 'failed' ? [ending.told] : []));
  const count = (words: RegExp) => failures.filter(({ message }) => words.test(message)).length;
  const times = (signal: string) => engineKills.filter((each) => each === signal).length;
  const [killed, crashed, wornOut] = [count(/by SIGKILL/), count(/by SIGABRT/), count(/server ended 3 times/)];
  const deadServers = lives.filter(({ endedBy }) => endedBy === 'kill').length;
  const isExplained =
    failures.every(({ code }) => code === 'ENGINE_FAILED') &&
    killed + crashed + wornOut === failures.length &&
    killed <= times('SIGKILL') &&
    2 * crashed <= times('SIGABRT') &&
    (wornOut === 0 || deadServers >= MAX_ATTEMPTS);
  const causes = `engines got ${engineKills.join()}; servers ended by ${lives.map(({ endedBy }) => endedBy)}`;
  return isExplained ? [] : [`${causes}; but ${JSON.stringify(failures)}`];
}

/** Nothing but the jobs and their pictures: no half files, no requests that are done. */
async function judgeFiles(jobs: LedgerJob[], dataDir: string): Promise<string[]> {
  const states = jobs.map(({ jobId }) => `jobs/${jobId}.state.json`);
  const pictures = jobs.flatMap(({ jobId, images }) => [...images.keys()].map((n) => `images/${jobId}-${n}.png`));
  const wanted = new Set([...states, ...pictures]);
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const found = new Set(files.map((path) => path.slice(dataDir.length + 1)));
  return [
    ...[...found].filter((path) => !wanted.has(path)).map((path) => `stray file ${path}`),
    ...[...wanted].filter((path) => !found.has(path)).map((path) => `file ${path} is missing`),
  ];
}
