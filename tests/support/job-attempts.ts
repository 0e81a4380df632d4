/** How often a job was made. An attempt is what one engine process does with it: a crash, or another server, begins the next. */
import type { LedgerJob } from './job-ledger.js';
import type { EngineNote, ServerLives } from './server-lives.js';

/** A job that takes its server down is not begun more often. */
export const MAX_ATTEMPTS = 3;

/** Of pictures that were begun. */
type LifeNote = EngineNote & { life: number };

/** @returns what is wrong, in words */
export function judgeAttempts(job: LedgerJob, notes: EngineNote[], lives: ServerLives): string[] {
  const own = notes.filter(({ jobId }) => jobId === job.jobId).map((note) => ({ ...note, life: lifeOf(note, lives) }));
  const attempts = lives.all.map(
    (_, life) => new Set(own.filter((note) => note.life === life).map(({ engine }) => engine)),
  );
  const counts = attempts.map(({ size }) => size);
  const faults = [
    ...judgeRepeats(own),
    ...judgeRetries(counts, lives),
    ...judgeDeaths(counts, lives),
    ...judgeEnd(own, job),
    ...judgeCancel(own, job),
  ];
  return faults.map((words) => `${job.jobId} ${words}; attempts in each life: ${counts}`);
}

function lifeOf({ server }: EngineNote, { all }: ServerLives): number {
  return all.findIndex(({ pid }) => pid === server);
}

function judgeRepeats(notes: LifeNote[]): string[] {
  const begun = notes.map(({ engine, image }) => `picture ${image} by ${engine}`);
  return new Set(begun).size < begun.length ? [`was made twice in one attempt: ${begun}`] : [];
}

/** In one life, once more, and only after a crash. */
function judgeRetries(counts: number[], { engineKills }: ServerLives): string[] {
  const crashes = engineKills.filter((signal) => signal === 'SIGABRT').length;
  const retries = counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
  return retries > crashes || Math.max(...counts) > 2 ? [`was tried once more after ${crashes} crashes`] : [];
}

function judgeDeaths(counts: number[], { all }: ServerLives): string[] {
  const deaths = all.flatMap(({ endedBy }, life) => (endedBy === 'kill' && counts[life] > 0 ? [life] : []));
  const last = counts.findLastIndex((count) => count > 0);
  const before = deaths.filter((life) => life < last).length;
  return before >= MAX_ATTEMPTS ? [`was begun again after ${before} servers had died of it`] : [];
}

function judgeEnd(notes: LifeNote[], { ending }: LedgerJob): string[] {
  const isLate = notes.some(({ life }) => ending !== undefined && life > ending.life);
  return isLate ? [`was made again after it had ended in life ${ending?.life}`] : [];
}

/** The cancel is on its way to the engine when it is answered: between two steps, and two steps may be of two pictures. */
function judgeCancel(notes: LifeNote[], { cancelled }: LedgerJob): string[] {
  if (cancelled === undefined) return [];
  const late = notes.filter(({ life, atMs }) => life === cancelled.life && atMs > cancelled.atMs);
  return late.length > 1 ? [`went on for ${late.length} pictures after it was cancelled`] : [];
}
