/** Runs one job at a time: client's events to the store, pictures to the screen and the disk. The UI's only effects. */
import type { Client, ClientEvent, ImageEvent } from '../client/client.js';
import { isEnding } from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import type { Store } from './store.js';

export interface Generation {
  /** Ignored with a hint while a job runs. */
  start(request: GenerationRequest): void;
  cancel(): void;
  /** Resolves when no job runs any more; never rejects. */
  readonly settled: Promise<void>;
}

export interface GenerationDeps {
  client: Pick<Client, 'generate' | 'download' | 'ack'>;
  store: Store;
  pictures: Pick<Pictures, 'show'>;
  /** Writes one picture and tells its path. */
  save(bytes: Uint8Array, image: ImageEvent): Promise<string>;
}

export const BUSY_HINT = 'One picture at a time: wait for it, or cancel it with x.';

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

export function createGeneration({ client, store, pictures, save }: GenerationDeps): Generation {
  let running: AbortController | undefined;
  let settled = Promise.resolve();
  /** The last finished picture of this job: a late preview must not cover it. */
  let finished = -1;

  async function run(request: GenerationRequest, signal: AbortSignal): Promise<void> {
    finished = -1;
    store.dispatch({ type: 'submitted', request });
    try {
      for await (const event of client.generate(request, { signal })) await handle(event);
    } catch (thrown) {
      store.dispatch({ type: 'broken', message: messageOf(thrown) });
    } finally {
      if (running?.signal === signal) running = undefined;
    }
  }

  async function handle(event: ClientEvent): Promise<void> {
    if (event.type === 'preview') {
      // The server sends the next when this one is drawn. One that cannot be is no loss.
      if (event.image > finished) await pictures.show(MAIN_SLOT, event).catch(() => {});
      return;
    }
    // The last event ends the job in the state: it must not be known before this job makes room for the next.
    if (isEnding(event)) running = undefined;
    store.dispatch({ type: 'event', event });
    if (event.type === 'image') {
      finished = event.n;
      await keep(event);
    }
    if (event.type === 'completed') client.ack(event.jobId);
  }

  async function keep(image: ImageEvent): Promise<void> {
    const bytes = await client.download(image);
    const path = await save(bytes, image);
    store.dispatch({ type: 'saved', result: { path, seed: image.seed } });
    await show(bytes, path);
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

  return {
    start(request) {
      if (running !== undefined) {
        store.dispatch({ type: 'notice', notice: { kind: 'hint', text: BUSY_HINT } });
        return;
      }
      running = new AbortController();
      settled = run(request, running.signal);
    },
    cancel() {
      if (running === undefined) return;
      store.dispatch({ type: 'cancelling' });
      running.abort();
    },
    get settled() {
      return settled;
    },
  };
}
