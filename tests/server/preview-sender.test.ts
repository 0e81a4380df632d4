import { describe, expect, it } from 'vitest';
import { encodePreview } from '../../src/protocol/codec.js';
import { Job } from '../../src/server/job.js';
import { createMetrics } from '../../src/server/metrics.js';
import type { PreviewCache } from '../../src/server/preview-cache.js';
import { createPreviewSender, type PictureWish } from '../../src/server/preview-sender.js';
import { startWatch } from '../../src/server/watch.js';
import { createLinkedPair } from '../support/server-linked-pair.js';

const ID = '6d4a2c52-3a53-4f0f-8b3a-0d1f6f0a9b11';
const WISH: PictureWish = { maxWidth: 8, maxHeight: 8, format: 'rgb', maxPerSecond: 1e6 };
const pixels = { width: 1, height: 1, pixels: new Uint8Array(3) };
const IMAGE = {
  ...{ type: 'image' as const, n: 0, seed: 7, sha256: 'aa', bytes: 3, width: 8, height: 8 },
  ...{ format: 'png' as const, href: '/jobs/x/images/0' },
};
/** Everything that is ready to be sent is sent; a rate of a million a second waits for no timer of a millisecond. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A job that has started, and one who watches it: encoding ends when the test says so. */
function createRig() {
  const job = new Job({ id: ID, paramsHash: 'hash', seeds: [7], modelId: 'fake', submittedAt: 0, isDurable: true });
  job.append({ type: 'queued', position: 0 });
  job.append({ type: 'started', seeds: [7] });
  let encoded = Promise.resolve();
  const previewCache: PreviewCache = async (_, { seq, image, step }) => {
    await encoded;
    return encodePreview(
      { type: 'preview', jobId: ID, seq, image, step, width: 1, height: 1, format: 'rgb' },
      pixels.pixels,
    );
  };
  const { socket, client } = createLinkedPair();
  const lines: string[] = [];
  const deps = {
    ...{ job, socket, previewCache, wish: () => WISH, log: (line: string) => void lines.push(line) },
    metrics: createMetrics({ queueLength: () => 0, clients: () => 0 }),
  };
  const sent = () => client.previews.map(({ header: { image, step } }) => `${image}/${step}`);
  return {
    ...{ job, client, deps, lines, sent },
    /** @returns how to let it go on */
    holdEncoding() {
      const held = Promise.withResolvers<void>();
      encoded = held.promise;
      return held.resolve;
    },
  };
}

describe('a preview', () => {
  it('never overtakes an event before it', async () => {
    const { job, deps, sent } = createRig();
    let sentSeq = 1;
    const previews = createPreviewSender({ ...deps, sentSeq: () => sentSeq });
    job.setPreview({ image: 0, step: 1, picture: pixels }); // of event 2
    previews.poke();
    await idle();
    expect(sent()).toEqual([]);
    sentSeq = 2;
    previews.poke();
    await idle();
    expect(sent()).toEqual(['0/1']);
  });

  it('also waits while the network has not taken the event before it', async () => {
    const { job, deps, client, sent } = createRig();
    client.hold();
    const watch = startWatch({ ...deps, epoch: 'e', afterSeq: 1, onEnd: () => {} });
    await idle();
    job.setPreview({ image: 0, step: 1, picture: pixels });
    await idle();
    expect(client.messages).toMatchObject([{ seq: 2 }]);
    expect(sent()).toEqual([]);
    client.release();
    await idle();
    expect(sent()).toEqual(['0/1']);
    watch.stop();
  });

  it.each([
    ['its picture', IMAGE],
    ['the end of its job', { type: 'cancelled' as const }],
  ])('that was overtaken by %s while it was encoded is not sent', async (_, event) => {
    const { job, deps, sent, holdEncoding, lines } = createRig();
    const release = holdEncoding();
    const previews = createPreviewSender({ ...deps, sentSeq: () => job.seq });
    job.setPreview({ image: 0, step: 1, picture: pixels });
    await idle();
    job.append(event);
    release();
    await idle();
    expect([sent(), lines]).toEqual([[], []]);
    // Nobody waits for its acknowledgement: the next picture's preview comes.
    if (!job.ended) job.setPreview({ image: 1, step: 1, picture: pixels });
    await idle();
    expect(sent()).toEqual(job.ended ? [] : ['1/1']);
    previews.stop();
  });

  it('that one of the next picture overtook while it was encoded is not sent', async () => {
    const { job, deps, sent, holdEncoding } = createRig();
    const release = holdEncoding();
    createPreviewSender({ ...deps, sentSeq: () => job.seq });
    job.setPreview({ image: 0, step: 9, picture: pixels });
    await idle();
    job.append(IMAGE);
    job.setPreview({ image: 1, step: 1, picture: pixels });
    release();
    await idle();
    expect(sent()).toEqual(['1/1']);
  });

  it('is not sent to who stopped watching while it was encoded', async () => {
    const { job, deps, sent, holdEncoding } = createRig();
    const release = holdEncoding();
    const previews = createPreviewSender({ ...deps, sentSeq: () => job.seq });
    job.setPreview({ image: 0, step: 1, picture: pixels });
    await idle();
    previews.stop();
    release();
    await idle();
    expect(sent()).toEqual([]);
    expect(job.previewRate()).toBe(0);
  });

  it('is followed by another only when it was acknowledged, itself and not another', async () => {
    const { job, deps, sent } = createRig();
    const previews = createPreviewSender({ ...deps, sentSeq: () => job.seq });
    for (const step of [1, 2, 3]) {
      job.setPreview({ image: 0, step, picture: pixels });
      await idle();
    }
    expect(sent()).toEqual(['0/1']);
    expect([previews.acknowledge(1), previews.acknowledge(3)]).toEqual([false, false]);
    await idle();
    expect(sent()).toEqual(['0/1']);
    expect(previews.acknowledge(2)).toBe(true);
    await idle();
    expect(sent()).toEqual(['0/1', '0/3']);
  });
});
