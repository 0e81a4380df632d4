/** `safelight resume`: the jobs that earlier clients left unfinished, sent again under their ids and with their seeds. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAddress } from '../client/address.js';
import { removeTemporaries } from '../client/durable-file.js';
import { type Journal, type ListedEntry, missingPictures } from '../client/journal.js';
import { keepJobs } from '../client/kept-client.js';
import { checkFolder } from '../client/save.js';
import { type Settings, tokenFor } from '../client/settings.js';
import { toPath } from '../client/typed-path.js';
import { ERROR_TABLE, toSafelightError } from '../protocol/errors.js';
import { isSignalExitCode } from '../tui/ending-signals.js';
import { createDeadline } from './deadline.js';
import { exitCodeOf, fail } from './failure.js';
import { openJournal, wasLeft } from './journal.js';
import { toOneLine } from './one-line.js';
import { createReporter, DEFAULT_TIMEOUT_S, toPreviewWish } from './one-shot.js';
import { savePictures } from './save-pictures.js';
import { openSettings } from './settings.js';
import { toTable } from './table.js';
import { withServer } from './with-server.js';

export interface ResumeOptions {
  profile?: string;
  apiUrl?: string;
  token?: string;
  outputDir?: string;
  timeout?: number;
  list?: boolean;
  drop?: boolean;
}

const UNREACHABLE = ERROR_TABLE.CONNECTION_FAILED.exitCode;
const SHORT_PROMPT_CHARS = 60;
const MINUTE_MS = 60_000;

/** @returns the exit code: 0 when nothing is missing any more, else that of the first failure */
export async function runResume(options: ResumeOptions): Promise<number> {
  const journal = openJournal();
  const damaged: string[] = [];
  const entries = await journal.list((path) => damaged.push(path));
  if (options.drop === true) return drop(journal, entries, damaged);
  for (const path of damaged)
    process.stderr.write(`safelight: ${path} is damaged and left out; \`safelight resume --drop\` removes it\n`);
  if (options.list === true) return list(entries);
  return sendAgain(journal, entries, options);
}

function list(entries: ListedEntry[]): number {
  if (entries.length === 0) return sayNothing();
  const rows = entries.map((entry) => {
    const state = entry.isOwned ? `in work (process ${entry.pid})` : `${missingPictures(entry)} missing`;
    return [entry.jobId, toAge(entry), state, entry.url, toShortPrompt(entry)];
  });
  process.stdout.write(toTable(['JOB', 'AGE', 'PICTURES', 'SERVER', 'PROMPT'], rows));
  return 0;
}

/** Asks nothing. */
async function drop(journal: Journal, entries: ListedEntry[], damaged: string[]): Promise<number> {
  const left = entries.filter(({ isOwned }) => !isOwned);
  if (left.length + damaged.length === 0) return sayNothing();
  for (const entry of left) {
    if (!(await journal.claim(entry))) continue;
    await journal.remove(entry.jobId);
    process.stdout.write(`dropped ${entry.jobId}: ${toShortPrompt(entry)}\n`);
  }
  for (const path of damaged) {
    await rm(path, { recursive: true, force: true });
    process.stdout.write(`dropped ${path}\n`);
  }
  return 0;
}

/** One after the other: a server makes one picture at a time anyway. */
async function sendAgain(journal: Journal, entries: ListedEntry[], options: ResumeOptions): Promise<number> {
  const left = entries.filter(wasLeft);
  if (left.length === 0) return sayNothing();
  if (options.apiUrl !== undefined) parseAddress(options.apiUrl); // once, not for each job
  const settings = await openSettings();
  const codes: number[] = [];
  process.once('exit', removeTemporaries);
  const unreachable = new Set<string>();
  for (const entry of left) {
    const url = options.apiUrl ?? entry.url;
    if (unreachable.has(url) || !(await journal.claim(entry))) continue;
    const code = await sendOneAgain(journal, entry, { ...options, apiUrl: url }, settings);
    if (isSignalExitCode(code)) return code;
    if (code === UNREACHABLE) unreachable.add(url);
    codes.push(code);
  }
  return codes.find((code) => code !== 0) ?? 0;
}

async function sendOneAgain(
  journal: Journal,
  entry: ListedEntry,
  { apiUrl, token: asked, outputDir, timeout = DEFAULT_TIMEOUT_S }: ResumeOptions & { apiUrl: string },
  settings: Settings,
): Promise<number> {
  const deadline = createDeadline(timeout, 'interrupted; what is not saved waits for the next `safelight resume`');
  const { signal } = deadline;
  const reporter = createReporter({}, entry.params.count ?? 1);
  try {
    const save = outputDir === undefined ? entry.save : { ...entry.save, outputDir: resolve(await toPath(outputDir)) };
    const token = asked ?? tokenFor(settings, apiUrl);
    reporter.note(`${toShortPrompt(entry)} (${toAge(entry)} old, ${missingPictures(entry)} missing)`);
    await checkFolder(save);
    await withServer({ apiUrl, token, preview: toPreviewWish({}), signal }, reporter.note, async (client) => {
      // Leaves the job as it is, on the server and in the journal: nobody said that it is not wanted any more.
      signal.addEventListener('abort', () => void client.close(), { once: true });
      const kept = keepJobs(client, { journal, save, note: reporter.note });
      const isWanted = ({ n }: { n: number }) => !entry.saved.includes(n);
      await savePictures(kept.resume(entry), { client: kept, reporter, signal, isWanted });
    });
    return 0;
  } catch (error) {
    const told = signal.aborted ? signal.reason : error;
    reporter.failed(told);
    reporter.close();
    fail(told);
    return signal.aborted ? deadline.exitCode() : exitCodeOf(toSafelightError(told));
  } finally {
    reporter.close();
    deadline.stop();
  }
}

function sayNothing(): number {
  process.stderr.write('no unfinished jobs\n');
  return 0;
}

/** `5 min`, `3 h`, `2 d`. */
function toAge({ submittedAt }: ListedEntry): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(submittedAt)) / MINUTE_MS));
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

function toShortPrompt({ params: { prompt } }: ListedEntry): string {
  const line = toOneLine(prompt);
  return line.length <= SHORT_PROMPT_CHARS ? line : `${line.slice(0, SHORT_PROMPT_CHARS - 1)}…`;
}
