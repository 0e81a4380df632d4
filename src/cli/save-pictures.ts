/** A job's events to the screen and its pictures to the disk; only then may the server forget them. */
import type { ClientEvent, ImageEvent } from '../client/client.js';
import type { KeptClient } from '../client/kept-client.js';
import { createSaveQueue, toUnsavedWords } from '../client/save-queue.js';
import { isEnding } from '../protocol/messages.js';
import { checkEnding } from './failure.js';
import type { Reporter } from './reporter.js';

interface SaveWork {
  client: Pick<KeptClient, 'download' | 'save' | 'ack'>;
  reporter: Reporter;
  /** Ends downloads; the job is ended by whoever made the events. */
  signal: AbortSignal;
  isWanted(image: ImageEvent): boolean;
}

/**
 * Pictures are fetched and saved while the job continues. Each is saved, or has failed, before the job's ending is reported and
 * before this returns or throws.
 * @throws SafelightError what the job, a download or the disk failed with
 */
export async function savePictures(
  events: AsyncIterable<ClientEvent>,
  { client, reporter, signal, isWanted }: SaveWork,
): Promise<void> {
  let count = 1;
  const saves = createSaveQueue({
    fetch: (image) => client.download(image, { signal }),
    async keep(bytes, image) {
      const path = await client.save(bytes, image);
      await reporter.saved(path, image, bytes);
    },
    onFailure(unsaved) {
      // With a single picture it is the job's own error, which is reported anyway.
      if (count > 1 && !signal.aborted) reporter.note(toUnsavedWords(unsaved));
    },
  });
  try {
    for await (const event of events) {
      if (event.type === 'started') count = event.seeds.length;
      if (isEnding(event)) await saves.settled();
      if (event.type === 'completed') saves.check();
      reporter.event(event);
      if (event.type === 'image' && isWanted(event)) saves.add(event);
      if (event.type === 'completed') client.ack(event.jobId);
      checkEnding(event, signal);
    }
  } finally {
    await saves.settled();
  }
}
