/** A client whose jobs stand in the journal from before they are submitted until their pictures are saved and acknowledged. */
import { resolve } from 'node:path';
import { ERROR_TABLE, type ErrorCode, SafelightError, toErrorCode } from '../protocol/errors.js';
import { type Client, type ClientEvent, type ImageEvent, toJob } from './client.js';
import type { Journal, JournalEntry } from './journal.js';
import { type SaveOptions, savePicture } from './save.js';

export interface KeptClient extends Client {
  /**
   * An entry of the journal that was claimed. A server that has the job tells of its pictures at once, another one makes them
   * again. Who stops reading leaves it to the server and to the journal; only the signal cancels it.
   */
  resume(entry: JournalEntry, options?: { signal?: AbortSignal }): AsyncGenerator<ClientEvent>;
  /** Writes one picture and tells its path. @throws SafelightError DISK_FULL | UNSUPPORTED */
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
  /** Does a job of this client stand in the journal? */
  readonly hasUnfinished: boolean;
}

export interface KeepOptions {
  /** undefined = nothing is kept: leaving a job cancels it. */
  journal: Journal | undefined;
  save: SaveOptions;
  /** Hears of a journal that cannot be written; the pictures are made all the same. */
  note(line: string): void;
}

export function keepJobs(client: Client, { journal, save, note }: KeepOptions): KeptClient {
  const unfinished = new Set<string>();
  let writing = Promise.resolve();

  /** One after the other: a late mark must not bring back what was just removed. Never rejects. */
  function write(work: (journal: Journal) => Promise<void>): Promise<void> {
    if (journal !== undefined) {
      const words = `the journal in ${journal.dir} cannot be written, a lost job would stay lost`;
      writing = writing.then(() => work(journal)).catch((error) => note(`${words}: ${String(error)}`));
    }
    return writing;
  }

  function keep(entry: JournalEntry): Promise<void> {
    return write(async (into) => {
      await into.add(entry);
      unfinished.add(entry.jobId);
    });
  }

  function forget(jobId: string): Promise<void> {
    return write(async (from) => {
      await from.remove(jobId);
      unfinished.delete(jobId);
    });
  }

  /** @param isAccepted a server took it before: a refusal now is about that server, not about the job */
  async function* follow(entry: JournalEntry, isAccepted: boolean, signal?: AbortSignal) {
    const { jobId, params } = entry;
    // At once, not at the end: a second Ctrl-C ends the process. Out of time is another thing: nobody said that the
    // pictures are not wanted, and where the server is lost it did not even hear of it.
    const abort = () => void (isOutOfTime(signal?.reason) || forget(jobId));
    // Before the entry is written: a cancel that lands meanwhile waits its turn in `write`, and removes it.
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (signal?.aborted) abort();
      else await keep(entry);
      for await (const event of client.generate(params, { jobId, signal, outlivesReader: true })) {
        isAccepted = true;
        if (event.type === 'cancelled') await forget(jobId);
        if (event.type === 'failed') await onFailure(jobId, event.code);
        yield event;
      }
    } catch (error) {
      if (!isAccepted && isRefusal(error)) await forget(jobId);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await writing;
    }
  }

  /** The server would answer for this id with the same failure for ever: what may succeed later needs another one. */
  function onFailure(jobId: string, code: string): Promise<void> {
    return mayPass(toErrorCode(code, 'INTERNAL')) ? write((into) => into.renew(jobId)) : forget(jobId);
  }

  function generate(...[params, { jobId, signal } = {}]: Parameters<Client['generate']>) {
    const job = toJob(params, jobId);
    const outputDir = resolve(save.outputDir);
    const submittedAt = new Date().toISOString();
    return follow({ ...job, url: client.url, submittedAt, save: { ...save, outputDir }, saved: [] }, false, signal);
  }

  return {
    ...client,
    get welcome() {
      return client.welcome;
    },
    get hasUnfinished() {
      return unfinished.size > 0;
    },
    generate: journal === undefined ? client.generate : generate,
    resume: (entry, { signal } = {}) => follow({ ...entry, url: client.url }, true, signal),
    async download(image, options) {
      try {
        return await client.download(image, options);
      } catch (error) {
        // It made room for others: only a new job brings the picture back.
        if (codeOf(error) === 'NOT_FOUND') await write((into) => into.renew(image.jobId));
        throw error;
      }
    },
    async save(bytes, image) {
      const path = await savePicture(bytes, image, save);
      await write((into) => into.saved(image.jobId, image.n));
      return path;
    },
    ack(jobId) {
      // In this order: with the entry gone first, a cut between the two would leave the server with pictures for nobody.
      client.ack(jobId);
      void forget(jobId); // `follow` waits for it
    },
  };
}

function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof SafelightError ? error.code : undefined;
}

function isOutOfTime(reason: unknown): boolean {
  return codeOf(reason) === 'TIMEOUT';
}

/** The job itself is not wanted: not one that could not be reached or did not let us in. */
function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !mayPass(code) && ERROR_TABLE[code].exitCode !== 3;
}

/** The same request may succeed later: by itself, or, on a full disk, once somebody has made room. */
function mayPass(code: ErrorCode): boolean {
  return ERROR_TABLE[code].retry || code === 'DISK_FULL';
}
