/** One job of this client, as long as somebody reads it: what was asked, what was heard, and how to go on after a lost link. */
import { type JobEvent, MAX_INBOUND_FRAME_BYTES, type SnapshotMessage } from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { type Backoff, createBackoff } from './backoff.js';
import { createInbox, type Inbox } from './inbox.js';

export interface WatchedJob {
  readonly jobId: string;
  readonly params: GenerationRequest;
  readonly inbox: Inbox;
  /** Too large for a frame: it goes by HTTP. */
  readonly isLarge: boolean;
  /** The server life that knows this job; undefined = not submitted yet. */
  epoch: string | undefined;
  /** Of the newest event heard in that life. */
  seq: number;
  /** The reader wants it to end; a lost link may have swallowed the message. */
  cancelled: boolean;
  /** Runs while a job that was refused for now waits to be sent again. */
  retry: NodeJS.Timeout | undefined;
  readonly backoff: Backoff;
  /** Takes an event unless it was told before: by this life of the server, or, for pictures, by another one. */
  hear(event: JobEvent | SnapshotMessage): void;
}

/** @param params with a seed: a job that must be made again must be the same */
export function createWatchedJob(jobId: string, params: GenerationRequest): WatchedJob {
  const inbox = createInbox();
  const pictures = new Set<number>();
  const notes = new Set<string>();
  const frame = JSON.stringify({ type: 'submit', jobId, params });
  return {
    jobId,
    params,
    inbox,
    isLarge: Buffer.byteLength(frame) > MAX_INBOUND_FRAME_BYTES,
    epoch: undefined,
    seq: 0,
    cancelled: false,
    retry: undefined,
    backoff: createBackoff(),
    hear(message) {
      if (message.seq <= this.seq) return;
      this.seq = message.seq;
      for (const event of message.type === 'snapshot' ? toEvents(message) : [message]) {
        if (event.type === 'image') {
          if (pictures.has(event.n)) continue;
          pictures.add(event.n);
        }
        inbox.push(event.type === 'stage' ? withNewNotes(event, notes) : event);
      }
    },
  };
}

type StageEvent = Extract<JobEvent, { type: 'stage' }>;

/** A server that starts the job again sends its notes again: each is passed on once. */
function withNewNotes({ notes, ...event }: StageEvent, passed: Set<string>): StageEvent {
  const fresh = (notes ?? []).filter((note) => !passed.has(note));
  for (const note of fresh) passed.add(note);
  return fresh.length === 0 ? event : { ...event, notes: fresh };
}

/** What the missing events would have told, as far as it still counts. */
function toEvents({ jobId, seq, state, position, seeds, images, notes, progress }: SnapshotMessage): JobEvent[] {
  const ofJob = { jobId, seq };
  const pictures = images.map((image) => ({ type: 'image' as const, ...ofJob, ...image }));
  if (state === 'queued') return [{ type: 'queued', ...ofJob, position: position ?? 0 }, ...pictures];
  const steps = progress === undefined ? [] : [{ type: 'progress' as const, ...ofJob, ...progress }];
  const noted = notes === undefined ? [] : [{ type: 'stage' as const, ...ofJob, name: 'encode' as const, notes }];
  return [{ type: 'started', ...ofJob, seeds }, ...pictures, ...noted, ...steps];
}
