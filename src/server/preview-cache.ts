/** Makes each preview once for all watchers that wish it alike: five hundred of them cost as much as one. */
import type { RgbImage } from '../engine/events.js';
import { encodePreview as toFrame } from '../protocol/codec.js';
import type { Job, JobPreview } from './job.js';
import type { Metrics } from './metrics.js';
import type { PictureWish } from './preview-sender.js';

/** Fits a picture into the wished box and format; the engine's own encoder, or a plain one in tests. */
export type PreviewEncoder = (
  picture: RgbImage,
  wish: PictureWish,
) => Promise<{ width: number; height: number; bytes: Uint8Array }>;

/** The message that carries a job's preview as it is wished. */
export type PreviewCache = (job: Job, preview: JobPreview, wish: PictureWish) => Promise<Uint8Array>;

/** What it keeps goes with the previews that it was asked for. */
export function createPreviewCache(encode: PreviewEncoder, metrics: Pick<Metrics, 'preview'>): PreviewCache {
  const cache = new WeakMap<JobPreview, Map<string, Promise<Uint8Array>>>();
  let tail: Promise<unknown> = Promise.resolve();

  async function makeFrame(job: Job, { seq, image, step, picture }: JobPreview, wish: PictureWish) {
    const startedAtMs = performance.now();
    const { width, height, bytes } = await encode(picture, wish);
    const ms = performance.now() - startedAtMs;
    job.addPreviewEncoding(ms);
    metrics.preview('encode', ms);
    return toFrame({ type: 'preview', jobId: job.id, seq, image, step, width, height, format: wish.format }, bytes);
  }

  /** One after another: so the time is what it costs, and most of the processor is left to the engine. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = tail.then(work);
    tail = own.catch(() => {});
    return own;
  }

  return (job, preview, wish) => {
    const frames = cache.get(preview) ?? new Map<string, Promise<Uint8Array>>();
    cache.set(preview, frames);
    const key = toKey(preview.picture, wish);
    const frame = frames.get(key) ?? inTurn(() => makeFrame(job, preview, wish));
    frames.set(key, frame);
    return frame;
  };
}

/** Boxes that shrink the picture alike, or not at all, are one wish. */
function toKey({ width, height }: RgbImage, { format, maxWidth, maxHeight }: PictureWish): string {
  return `${format} ${Math.min(1, maxWidth / width, maxHeight / height)}`;
}
