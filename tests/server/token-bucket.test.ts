import { expect, it } from 'vitest';
import { createTokenBucket } from '../../src/server/token-bucket.js';

it('lets so many through at once, then as fast as it fills', () => {
  let nowMs = 0;
  const bucket = createTokenBucket(3, 3000, () => nowMs);
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, true, false]);
  expect(bucket.waitMs()).toBe(1000);
  nowMs = 999;
  expect(bucket.take()).toBe(false);
  nowMs = 1000;
  expect([bucket.waitMs(), bucket.take(), bucket.take()]).toEqual([0, true, false]);
  nowMs = 1_000_000;
  expect([1, 2, 3, 4].map(bucket.take)).toEqual([true, true, true, false]);
});

it('may be without end', () => {
  const bucket = createTokenBucket(Number.POSITIVE_INFINITY, 1000, () => 0);
  for (let i = 0; i < 1000; i++) expect(bucket.take()).toBe(true);
  expect(bucket.waitMs()).toBe(0);
});
