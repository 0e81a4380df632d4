/** What came for one job and was not taken yet: events all and in order, previews only the newest. */
import type { JobEvent, PreviewHeader } from '../protocol/messages.js';

export type PreviewEvent = PreviewHeader & { bytes: Uint8Array };
export type ClientEvent = JobEvent | PreviewEvent;

export interface Inbox {
  push(event: ClientEvent): void;
  /** Ends the reading with an error, after what came before it. */
  fail(error: Error): void;
  /** The next event, as soon as there is one. */
  next(): Promise<ClientEvent>;
}

export function createInbox(): Inbox {
  let waiting: ClientEvent[] = [];
  let failure: Error | undefined;
  let wake = () => {};
  return {
    push(event) {
      if (event.type === 'preview') waiting = waiting.filter((other) => other.type !== 'preview');
      waiting.push(event);
      wake();
    },
    fail(error) {
      failure ??= error;
      wake();
    },
    async next() {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) return event;
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
