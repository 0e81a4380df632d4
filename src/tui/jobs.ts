/** Runs the session's jobs, as many as are asked for: client's events to the store, pictures to the screen and the disk. */
import { randomUUID } from 'node:crypto';
import type { ClientEvent, ImageEvent } from '../client/client.js';
import type { JournalEntry } from '../client/journal.js';
import type { KeptClient } from '../client/kept-client.js';
import { createSaveQueue, type SaveQueue, toUnsavedWords } from '../client/save-queue.js';
import { SafelightError } from '../protocol/errors.js';
import { isEnding, type JobEvent } from '../protocol/messages.js';
import { type GenerationRequest, PARAM_DEFAULTS } from '../protocol/params.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import { createProgressPace } from './progress-pace.js';
import type { Store } from './store.js';

export interface Jobs {
  start(request: GenerationRequest): void;
  /** What an earlier client left in the journal, and this one has claimed. */
  resume(entry: JournalEntry): void;
  cancel(jobId: string): void;
  cancelAll(): void;
  /** From now on nobody waits for the jobs; the server continues them. Downloads end: the journal still has their pictures. */
  leave(): void;
  /** Resolves when no job runs any more, or all were left; never rejects. */
  settled(): Promise<void>;
}

export interface JobsDeps {
  client: Pick<KeptClient, 'generate' | 'resume' | 'download' | 'ack'>;
  store: Store;
  pictures: Pick<Pictures, 'show'>;
  /** Writes one picture and tells its path. */
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
}

export const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

/** After a cancel, pictures that are finished already are still saved; a download that hangs must not hold the job. */
const CANCEL_GRACE_MS = 5000;

interface Kept {
  jobId: string;
  /** Of pictures, in the whole job. */
  count: number;
  /** Numbers of the pictures that are on the disk already. */
  known: readonly number[];
  /** Ends the downloads. */
  signal: AbortSignal;
}

interface Running {
  /** Cancels the job. */
  job: AbortController;
  /** Ends its downloads. */
  downloads: AbortController;
  ended: Promise<void>;
}

export function createJobs({ client, store, pictures, save }: JobsDeps): Jobs {
  const running = new Map<string, Running>();
  const left = Promise.withResolvers<void>();
  let isLeft = false;
  const isWatched = (jobId: string) => store.getState().watched === jobId;

  function begin(jobId: string, request: GenerationRequest, known: readonly number[], read: Reader): void {
    const [job, downloads] = [new AbortController(), new AbortController()];
    store.dispatch({ type: 'submitted', jobId, request });
    const kept = { jobId, count: request.count ?? PARAM_DEFAULTS.count, known, signal: downloads.signal };
    const ended = run(kept, read(job.signal)).finally(() => running.delete(jobId));
    running.set(jobId, { job, downloads, ended });
  }

  /** Resolves when the job has ended and nothing of it is fetched or saved any more. */
  async function run(kept: Kept, events: AsyncIterable<ClientEvent>): Promise<void> {
    const { jobId, known } = kept;
    /** The last finished picture: a late preview must not cover it. */
    let finished = -1;
    /** The newest preview on screen: an older picture that is saved late must not cover it. */
    let looked = -1;
    const tell = (event: JobEvent) => store.dispatch({ type: 'event', event });
    const pace = createProgressPace(tell);
    const saves = queueSaves(kept, (n) => n >= looked);
    try {
      for await (const event of events) {
        if (event.type === 'progress') {
          pace.push(event);
          continue;
        }
        if (event.type === 'preview') {
          if (event.image <= finished || !isWatched(jobId)) continue;
          looked = event.image;
          // Not waited for, or the bar would stand while the first picture loads what draws it: what comes meanwhile is overtaken
          // by the newest. A look that cannot be drawn is followed by others.
          void pictures.show(MAIN_SLOT, event).catch(() => {});
          continue;
        }
        if (isEnding(event)) await saves.settled();
        pace.flush();
        if (event.type === 'completed') saves.check();
        tell(event);
        if (event.type === 'image') {
          finished = event.n;
          if (!known.includes(event.n)) saves.add(event);
        }
        if (event.type === 'completed') client.ack(jobId);
      }
    } catch (thrown) {
      pace.flush();
      if (!isLeft) store.dispatch({ type: 'broken', jobId, message: messageOf(thrown) });
    }
    await saves.settled();
  }

  /** @param isNewest whether nothing of a later picture is on screen */
  function queueSaves({ jobId, count, signal }: Kept, isNewest: (n: number) => boolean): SaveQueue {
    return createSaveQueue({
      fetch: (image) => client.download(image, { signal }),
      async keep(bytes, image) {
        const path = await save(bytes, image);
        store.dispatch({ type: 'saved', jobId, result: { path, seed: image.seed } });
        if (isWatched(jobId) && isNewest(image.n)) await show(bytes, path);
      },
      onFailure(unsaved) {
        // With a single picture it is the job's own error, which is reported anyway.
        if (count === 1 || signal.aborted) return;
        store.dispatch({ type: 'notice', notice: { kind: 'error', text: toUnsavedWords(unsaved) } });
      },
    });
  }

  /** The file is safe; that it cannot be shown is only worth a hint. */
  async function show(bytes: Uint8Array, path: string): Promise<void> {
    try {
      await pictures.show(MAIN_SLOT, bytes);
    } catch (thrown) {
      const text = `${path} is saved, but cannot be shown here: ${messageOf(thrown)}`;
      store.dispatch({ type: 'notice', notice: { kind: 'hint', text } });
    }
  }

  function cancel(jobId: string): void {
    const { job, downloads, ended } = running.get(jobId) ?? {};
    if (job === undefined || job.signal.aborted) return;
    store.dispatch({ type: 'cancelling', jobId });
    job.abort();
    const reason = new SafelightError('CANCELLED', 'the job was cancelled');
    const timer = setTimeout(() => downloads?.abort(reason), CANCEL_GRACE_MS);
    void ended?.finally(() => clearTimeout(timer));
  }

  return {
    cancel,
    cancelAll() {
      for (const jobId of running.keys()) cancel(jobId);
    },
    start(request) {
      const jobId = randomUUID();
      begin(jobId, request, [], (signal) => client.generate(request, { jobId, signal }));
    },
    resume(entry) {
      begin(entry.jobId, entry.params, entry.saved, (signal) => client.resume(entry, { signal }));
    },
    leave() {
      isLeft = true;
      left.resolve();
      const reason = new SafelightError('CANCELLED', 'the job was left to the server');
      for (const { downloads } of running.values()) downloads.abort(reason);
    },
    async settled() {
      const ended = Promise.all([...running.values()].map((job) => job.ended));
      await Promise.race([ended, left.promise]);
    },
  };
}

type Reader = (signal: AbortSignal) => AsyncIterable<ClientEvent>;
