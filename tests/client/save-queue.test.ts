import { expect, test } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { createSaveQueue, type SaveQueue } from '../../src/client/save-queue.js';
import { SafelightError } from '../../src/protocol/errors.js';

const imageOf = (n: number) => ({ type: 'image', n, seed: n }) as ImageEvent;
const bytesOf = (n: number) => Uint8Array.of(n);
/** Everything that is ready to happen happens. */
const idle = () => new Promise((resolve) => setImmediate(resolve));

/** A queue of `count` pictures whose downloads end when the test says so. */
function open(count: number) {
  const log: string[] = [];
  const downloads = Array.from({ length: count }, () => Promise.withResolvers<Uint8Array>());
  const queue: SaveQueue = createSaveQueue({
    fetch({ n }) {
      log.push(`fetch ${n}`);
      return downloads[n].promise;
    },
    async keep(bytes, { n }) {
      log.push(`keep ${n}`);
      await idle();
      log.push(`kept ${n} ${bytes}`);
    },
    onFailure: ({ image }) => log.push(`failed ${image.n}`),
  });
  for (let n = 0; n < count; n++) queue.add(imageOf(n));
  return { log, queue, succeed: (n: number) => downloads[n].resolve(bytesOf(n)), fail: downloads };
}

const errorOf = (queue: SaveQueue): unknown => {
  try {
    queue.check();
    return undefined;
  } catch (error) {
    return error;
  }
};

test('three are fetched at once, and the next when the first of them is saved', async () => {
  const { log, queue, succeed } = open(5);
  await idle();
  expect(log).toEqual(['fetch 0', 'fetch 1', 'fetch 2']);
  succeed(1);
  await idle();
  expect(log).toHaveLength(3);
  succeed(0);
  await expect.poll(() => log.at(-1)).toBe('fetch 4');
  expect(log.slice(3)).toEqual(['keep 0', 'kept 0 0', 'fetch 3', 'keep 1', 'kept 1 1', 'fetch 4']);
  for (const n of [4, 3, 2]) succeed(n);
  await queue.settled();
  expect(log.filter((line) => line.startsWith('kept'))).toEqual([0, 1, 2, 3, 4].map((n) => `kept ${n} ${n}`));
  expect(errorOf(queue)).toBeUndefined();
});

test('is not settled while one is still being written', async () => {
  const { log, queue, succeed } = open(1);
  let isSettled = false;
  const settled = queue.settled().then(() => {
    isSettled = true;
  });
  succeed(0);
  await Promise.resolve();
  expect(isSettled).toBe(false);
  await settled;
  expect(log.at(-1)).toBe('kept 0 0');
});

test('one that fails costs only itself, is reported in its turn, and is named in the end', async () => {
  const { log, queue, succeed, fail } = open(3);
  fail[1].reject(new SafelightError('DISK_FULL', 'the disk is full'));
  await idle();
  expect(log.filter((line) => line.startsWith('failed'))).toEqual([]);
  for (const n of [0, 2]) succeed(n);
  await queue.settled();
  expect(log.slice(3)).toEqual(['keep 0', 'kept 0 0', 'failed 1', 'keep 2', 'kept 2 2']);
  expect(errorOf(queue)).toMatchObject({
    code: 'DISK_FULL',
    message: 'picture 2 is not saved: the disk is full; the other pictures are saved',
  });
});

test('of several that fail the first gives the code, and each is named', async () => {
  const { queue, succeed, fail } = open(3);
  fail[2].reject(new SafelightError('BAD_ANSWER', 'damaged'));
  fail[0].reject(new SafelightError('DISK_FULL', 'full'));
  succeed(1);
  await queue.settled();
  expect(errorOf(queue)).toMatchObject({
    code: 'DISK_FULL',
    message: 'picture 1 is not saved: full (also not saved: 3); the other pictures are saved',
  });
});

test('with all of them lost nothing is said of others; a single picture and a bug keep their own error', async () => {
  const full = new SafelightError('DISK_FULL', 'full');
  const both = open(2);
  for (const { reject } of both.fail) reject(full);
  await both.queue.settled();
  expect(errorOf(both.queue)).toMatchObject({ message: 'picture 1 is not saved: full (also not saved: 2)' });
  for (const [count, error] of [
    [1, full],
    [2, new TypeError('a bug')],
  ] as const) {
    const { queue, succeed, fail } = open(count);
    fail[0].reject(error);
    if (count === 2) succeed(1);
    await queue.settled();
    expect(errorOf(queue)).toBe(error);
  }
});
