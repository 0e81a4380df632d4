import { expect, it } from 'vitest';
import { decodePreview } from '../../src/protocol/codec.js';
import { Job, type JobPreview } from '../../src/server/job.js';
import { createPreviewCache, type PreviewEncoder } from '../../src/server/preview-cache.js';
import type { PictureWish } from '../../src/server/preview-sender.js';

const ID = '6d4a2c52-3a53-4f0f-8b3a-0d1f6f0a9b11';
const wish: PictureWish = { maxWidth: 8, maxHeight: 8, format: 'rgb', maxPerSecond: 4 };

function createJob(): Job {
  return new Job({ id: ID, paramsHash: 'hash', seeds: [7], modelId: 'fake', submittedAt: 0, isDurable: true });
}

function toPreview(width: number): JobPreview {
  return { seq: 3, image: 0, step: 2, picture: { width, height: 1, pixels: new Uint8Array(width * 3) } };
}

function createRig(encode: PreviewEncoder) {
  const parts: string[] = [];
  return { parts, cache: createPreviewCache(encode, { preview: (part) => void parts.push(part) }) };
}

it('makes a preview once for all who wish it alike, whatever their rate, and counts it once', async () => {
  const encoded: string[] = [];
  const { cache, parts } = createRig(async ({ width, height, pixels }, { format }) => {
    encoded.push(format);
    return { width, height, bytes: pixels };
  });
  const job = createJob();
  const [first, second] = [toPreview(16), toPreview(16)];
  const alike = [wish, { ...wish, maxPerSecond: 1 }, { ...wish, maxHeight: 100 }];
  const frames = await Promise.all(alike.map((each) => cache(job, first, each)));
  expect(new Set(frames).size).toBe(1);
  const { header, payload } = decodePreview(frames[0]);
  expect(header).toEqual({
    ...{ type: 'preview', jobId: ID, seq: 3, image: 0, step: 2, width: 16, height: 1, format: 'rgb' },
  });
  expect(payload).toHaveLength(48);
  expect([encoded, parts]).toEqual([['rgb'], ['encode']]);

  await cache(job, first, { ...wish, format: 'png' });
  await cache(job, first, { ...wish, maxWidth: 4 });
  await cache(job, second, wish);
  expect(encoded).toEqual(['rgb', 'png', 'rgb', 'rgb']);
  expect(parts).toHaveLength(4);
});

it('takes boxes that the picture fits into as one', async () => {
  let count = 0;
  const { cache } = createRig(async ({ width, height, pixels }) => {
    count += 1;
    return { width, height, bytes: pixels };
  });
  const preview = toPreview(4);
  for (const maxWidth of [4, 8, 1024]) await cache(createJob(), preview, { ...wish, maxWidth });
  expect(count).toBe(1);
});

it('works on one at a time, goes on after one that broke, and tells the job what it cost', async () => {
  let [busy, most] = [0, 0];
  const { cache } = createRig(async ({ width, height, pixels }, { format }) => {
    most = Math.max(most, ++busy);
    await new Promise((resolve) => setTimeout(resolve, 5));
    busy -= 1;
    if (format === 'png') throw new Error('no png today');
    return { width, height, bytes: pixels };
  });
  const job = createJob();
  const preview = toPreview(16);
  const made = (['rgb', 'png', 'webp'] as const).map((format) => cache(job, preview, { ...wish, format }));
  expect((await Promise.allSettled(made)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(most).toBe(1);
  job.setPreview(preview);
  expect(job.previewEncodeMs()).toBeGreaterThan(5);
});
