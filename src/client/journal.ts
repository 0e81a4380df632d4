/** What this machine's clients submitted and have not saved yet, one small file a job: it outlives a killed client and a lost server. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError } from '../protocol/errors.js';
import { GenerationParamsSchema, type GenerationRequest, PARAM_DEFAULTS } from '../protocol/params.js';
import { parseWideJson } from '../protocol/wide-json.js';
import { fileErrorCode, replaceFile } from './durable-file.js';
import type { SaveOptions } from './save.js';

export interface JournalEntry {
  jobId: string;
  /** Of the server, never with its token. */
  url: string;
  /** ISO 8601. */
  submittedAt: string;
  /** With the seed: the same job again must be the same picture. */
  params: GenerationRequest;
  /** `outputDir` is absolute: who resumes may stand in another folder. */
  save: SaveOptions;
  /** Numbers of the pictures that are on this disk. */
  saved: number[];
}

export interface ListedEntry extends JournalEntry {
  /** Process id of the client that works on it or did so last. */
  pid: number;
  /** It is still at it: hands off. */
  isOwned: boolean;
}

export interface Journal {
  readonly dir: string;
  /** Writes the entry, or writes it anew, as this process's own. */
  add(entry: JournalEntry): Promise<void>;
  /** Picture `n` is on the disk. Nothing happens when the entry is gone. */
  saved(jobId: string, n: number): Promise<void>;
  /** The server will not go on with this id: the entry gets another one. */
  renew(jobId: string): Promise<void>;
  remove(jobId: string): Promise<void>;
  /** Takes over what a client before left. @returns false when another process was quicker */
  claim(entry: ListedEntry): Promise<boolean>;
  /**
   * Oldest first.
   * @param onDamaged hears the path of each file that cannot be read; it is left out
   * @throws SafelightError UNSUPPORTED when the folder cannot be read
   */
  list(onDamaged?: (path: string) => void): Promise<ListedEntry[]>;
}

const EntrySchema = z.object({
  jobId: z.uuid(),
  url: z.string().min(1),
  submittedAt: z.iso.datetime(),
  params: GenerationParamsSchema.refine(({ seed }) => seed !== undefined, 'must have a seed'),
  save: z.object({ outputDir: z.string().min(1), name: z.string() }),
  saved: z.array(z.int()),
}) satisfies z.ZodType<JournalEntry>;

/** Prompts and pictures are nobody else's business. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/**
 * The owner stands in the file's name, so that taking over is one rename, which only one of two processes can do. A lock file
 * beside the entry would be a second thing to lose and to clean up. Should another program have got a dead owner's id, the
 * entry waits until that program ends.
 */
const FILE_NAME = /^([0-9a-f-]{36})\.(\d+)\.json$/;

export function missingPictures({ params, saved }: Pick<JournalEntry, 'params' | 'saved'>): number {
  return (params.count ?? PARAM_DEFAULTS.count) - new Set(saved).size;
}

/** The folder is made with the first entry. */
export function createJournal(dir: string): Journal {
  const pathOf = (jobId: string, pid = process.pid) => join(dir, `${jobId}.${pid}.json`);
  // In a container every client may get the same process id: ours are those that this process took.
  const own = new Set<string>();
  // The caller still works on the job by its first id: pictures saved later, or a cancel, are about the renewed entry.
  const renewed = new Map<string, string>();
  const currentOf = (jobId: string) => renewed.get(jobId) ?? jobId;

  async function add({ jobId, url, submittedAt, params, save, saved }: JournalEntry): Promise<void> {
    await makeFolder(dir, FOLDER_MODE);
    await replaceFile(pathOf(jobId), JSON.stringify({ jobId, url, submittedAt, params, save, saved }), FILE_MODE);
    own.add(jobId);
  }

  async function remove(jobId: string): Promise<void> {
    const current = currentOf(jobId);
    await rm(pathOf(current), { force: true });
    own.delete(current);
  }

  async function readOwn(jobId: string): Promise<JournalEntry | undefined> {
    const current = currentOf(jobId);
    return own.has(current) ? toEntry(await readFile(pathOf(current), 'utf8'), current) : undefined;
  }

  return {
    dir,
    add,
    remove,
    async saved(jobId, n) {
      const entry = await readOwn(jobId);
      if (entry !== undefined) await add({ ...entry, saved: [...entry.saved, n] });
    },
    async renew(jobId) {
      const entry = renewed.has(jobId) ? undefined : await readOwn(jobId);
      if (entry === undefined) return;
      const next = randomUUID();
      await add({ ...entry, jobId: next });
      await remove(jobId);
      renewed.set(jobId, next);
    },
    async claim({ jobId, pid }) {
      try {
        await rename(pathOf(jobId, pid), pathOf(jobId));
      } catch (error) {
        if (fileErrorCode(error) === 'ENOENT') return false;
        throw error;
      }
      own.add(jobId);
      return true;
    },
    async list(onDamaged = () => {}) {
      const entries: ListedEntry[] = [];
      for (const name of await namesIn(dir)) {
        const [, jobId, pidText] = FILE_NAME.exec(name) ?? [];
        if (jobId === undefined) continue;
        const pid = Number(pidText);
        const text = await readUnlessGone(join(dir, name));
        if (text === undefined) continue;
        const entry = toEntry(text, jobId);
        const isOwned = own.has(jobId) || (pid !== process.pid && isAlive(pid));
        if (entry !== undefined) entries.push({ ...entry, pid, isOwned });
        else onDamaged(join(dir, name));
      }
      return entries.sort((a, b) => a.submittedAt.localeCompare(b.submittedAt));
    },
  };
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    const code = fileErrorCode(cause);
    if (code === 'ENOENT') return [];
    throw new SafelightError('UNSUPPORTED', `cannot read the journal in ${dir} (${code})`, { cause });
  }
}

/** @returns undefined when its owner removed it just now; what cannot be read is as good as damaged */
async function readUnlessGone(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return fileErrorCode(error) === 'ENOENT' ? undefined : '';
  }
}

function toEntry(text: string, jobId: string): JournalEntry | undefined {
  const entry = EntrySchema.safeParse(parseJson(text)).data;
  return entry?.jobId === jobId ? entry : undefined;
}

function parseJson(text: string): unknown {
  try {
    return parseWideJson(text);
  } catch {
    return undefined; // `toEntry` refuses it
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return fileErrorCode(error) === 'EPERM'; // somebody else's
  }
}
