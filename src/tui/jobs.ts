/** Runs the session's jobs, as many as are asked for: client's events to the store, pictures to the screen and the disk. */
import { randomUUID } from 'node:crypto';
import type { ClientEvent, ImageEvent } from '../client/client.js';
import type { JournalEntry } from '../client/journal.js';
import type { KeptClient } from '../client/kept-client.js';
import { isEnding, type JobEvent } from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import { createProgressPace } from './progress-pace.js';
import type { Store } from './store.js';

export interface Jobs {
  start(request: GenerationRequest): void;
  /** What an earlier client left in the journal, and this one has claimed. */
  resume(entry: JournalEntry): void;
  cancel(jobId: string): void;
  cancelAll(): void;
  /** From now on nobody waits for the jobs; the server goes on with them. */
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

export function createJobs({ client, store, pictures, save }: JobsDeps): Jobs {
  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  const left = Promise.withResolvers<void>();
  let isLeft = false;
  const isWatched = (jobId: string) => store.getState().watched === jobId;

  /** @param known numbers of the pictures that are on the disk already */
  function begin(jobId: string, request: GenerationRequest, known: readonly number[], read: Reader): void {
    const controller = new AbortController();
    store.dispatch({ type: 'submitted', jobId, request });
    const ended = run(jobId, known, read(controller.signal)).finally(() => running.delete(jobId));
    running.set(jobId, { controller, ended });
  }

  async function run(jobId: string, known: readonly number[], events: AsyncIterable<ClientEvent>): Promise<void> {
    /** The last finished picture: a late preview must not cover it. */
    let finished = -1;
    const tell = (event: JobEvent) => store.dispatch({ type: 'event', event });
    const pace = createProgressPace(tell);
    try {
      for await (const event of events) {
        if (event.type === 'progress') {
          pace.push(event);
          continue;
        }
        if (event.type === 'preview') {
          // Not waited for, or the bar would stand while the first picture loads what draws it: what comes meanwhile is overtaken
          // by the newest. A look that cannot be drawn is followed by others.
          if (event.image > finished && isWatched(jobId)) void pictures.show(MAIN_SLOT, event).catch(() => {});
          continue;
        }
        pace.flush();
        tell(event);
        if (event.type === 'image') {
          finished = event.n;
          if (!known.includes(event.n)) await keep(jobId, event);
        }
        if (isEnding(event) && event.type === 'completed') client.ack(jobId);
      }
    } catch (thrown) {
      pace.flush();
      if (!isLeft) store.dispatch({ type: 'broken', jobId, message: messageOf(thrown) });
    }
  }

  async function keep(jobId: string, image: ImageEvent): Promise<void> {
    const bytes = await client.download(image);
    const path = await save(bytes, image);
    store.dispatch({ type: 'saved', jobId, result: { path, seed: image.seed } });
    if (isWatched(jobId)) await show(bytes, path);
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
    const job = running.get(jobId);
    if (job === undefined || job.controller.signal.aborted) return;
    store.dispatch({ type: 'cancelling', jobId });
    job.controller.abort();
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
    },
    async settled() {
      const ended = Promise.all([...running.values()].map((job) => job.ended));
      await Promise.race([ended, left.promise]);
    },
  };
}

type Reader = (signal: AbortSignal) => AsyncIterable<ClientEvent>;
