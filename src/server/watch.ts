/** One client looks at one job: every event after `afterSeq` at the client's own pace, and previews between them. */
import { encodeServerMessage } from '../protocol/codec.js';
import type { JobEvent } from '../protocol/messages.js';
import type { SnapshotEvent } from './job.js';
import { createPreviewSender, type PreviewSenderOptions } from './preview-sender.js';

export interface Watch {
  /** What the client can show has changed. */
  refresh(): void;
  /** @returns whether this preview was waited for */
  previewAck(seq: number): boolean;
  stop(): void;
}

export interface WatchOptions extends Omit<PreviewSenderOptions, 'sentSeq'> {
  epoch: string;
  afterSeq: number;
  /** The last event was sent, or the socket is gone. */
  onEnd: () => void;
}

export function startWatch(options: WatchOptions): Watch {
  const { job, socket, epoch, afterSeq, onEnd, metrics } = options;
  const stopping = new AbortController();
  let sentSeq = afterSeq;
  const previews = createPreviewSender({ ...options, sentSeq: () => sentSeq });

  async function pump(): Promise<void> {
    try {
      for await (const event of job.subscribe(afterSeq, stopping.signal)) {
        const text = toText(event, epoch);
        metrics.sent('event', text.length);
        await socket.send(text);
        sentSeq = event.seq;
        previews.poke();
      }
    } catch {
      // A send fails only when the socket is gone; whoever comes back watches again.
    } finally {
      previews.stop();
      onEnd();
    }
  }

  void pump();
  // Whoever missed no event may still lack the newest preview.
  previews.poke();
  return {
    refresh: previews.poke,
    previewAck: previews.acknowledge,
    stop() {
      previews.stop();
      stopping.abort();
    },
  };
}

/** An event is written once for all who watch. */
const texts = new WeakMap<JobEvent, string>();

function toText(event: JobEvent | SnapshotEvent, epoch: string): string {
  if (event.type === 'snapshot') return encodeServerMessage({ ...event, epoch });
  const text = texts.get(event) ?? encodeServerMessage(event);
  texts.set(event, text);
  return text;
}
