/** Previews of one job to one socket: only the newest, only as asked, and the next only after the last was acknowledged. */
import type { PreviewFormat, PreviewWish } from '../protocol/messages.js';
import type { Job, JobPreview } from './job.js';
import { describeError, type Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { PreviewCache } from './preview-cache.js';
import { createRateGate } from './rate-gate.js';
import type { Socket } from './socket.js';

/** A timer that is set longer goes off at once, and again and again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A wish for real pictures. */
export type PictureWish = PreviewWish & { format: Exclude<PreviewFormat, 'none'> };

export interface PreviewSenderOptions {
  job: Job;
  socket: Socket;
  /** What the client can show now; undefined = nothing. */
  wish: () => PictureWish | undefined;
  previewCache: PreviewCache;
  /** Of the newest event that this watcher has: a preview never overtakes the events before it. */
  sentSeq: () => number;
  metrics: Metrics;
  log: Log;
}

export interface PreviewSender {
  /** Something changed: send if there is something new, and it may be sent. */
  poke(): void;
  /** @returns whether this preview was waited for */
  acknowledge(seq: number): boolean;
  stop(): void;
}

export function createPreviewSender(options: PreviewSenderOptions): PreviewSender {
  const { job, socket, wish, previewCache, sentSeq, metrics, log } = options;
  const gate = createRateGate();
  let newest: JobPreview | undefined;
  let unacknowledged: number | undefined;
  let busy = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function poke(): void {
    const { preview } = job;
    const wanted = wish();
    if (stopped || busy || unacknowledged !== undefined || wanted === undefined) return;
    if (preview === undefined || preview === newest || preview.seq > sentSeq()) return;
    gate.setRate(wanted.maxPerSecond);
    if (gate.take()) void send(preview, wanted);
    else timer ??= setTimeout(pokeAgain, Math.min(gate.waitMs(), MAX_TIMER_MS));
  }

  function pokeAgain(): void {
    timer = undefined;
    poke();
  }

  async function send(preview: JobPreview, wanted: PictureWish): Promise<void> {
    busy = true;
    newest = preview;
    try {
      const frame = await previewCache(job, preview, wanted);
      // The picture itself may have been told meanwhile; an older look at it would be a step back.
      if (stopped || job.preview?.image !== preview.image) return;
      unacknowledged = preview.seq;
      metrics.sent('preview', frame.length);
      await socket.send(frame);
    } catch (error) {
      if (!stopped) log('preview failed', { jobId: job.id, error: describeError(error) });
    } finally {
      busy = false;
      poke();
    }
  }

  const stopWanting = job.wantPreviews(wish);
  const stopListening = job.onChange(poke);
  return {
    poke,
    acknowledge(seq) {
      if (seq !== unacknowledged) return false;
      unacknowledged = undefined;
      poke();
      return true;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      stopWanting();
      stopListening();
    },
  };
}
