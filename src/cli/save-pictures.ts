/** A job's events to the screen and its pictures to the disk; only then may the server forget them. */
import type { ClientEvent, ImageEvent } from '../client/client.js';
import type { KeptClient } from '../client/kept-client.js';
import { checkEnding } from './failure.js';
import type { Reporter } from './reporter.js';

interface SaveWork {
  client: Pick<KeptClient, 'download' | 'save' | 'ack'>;
  reporter: Reporter;
  /** Ends downloads; the job is ended by whoever made the events. */
  signal: AbortSignal;
  isWanted(image: ImageEvent): boolean;
}

/** @throws SafelightError what the job, a download or the disk died of */
export async function savePictures(
  events: AsyncIterable<ClientEvent>,
  { client, reporter, signal, isWanted }: SaveWork,
): Promise<void> {
  for await (const event of events) {
    reporter.event(event);
    if (event.type === 'image' && isWanted(event)) {
      const bytes = await client.download(event, { signal });
      const path = await client.save(bytes, event);
      await reporter.finished(bytes);
      reporter.saved(path, event);
    }
    if (event.type === 'completed') client.ack(event.jobId);
    checkEnding(event, signal);
  }
}
