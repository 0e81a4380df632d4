/** How often a download is tried, and what is never taken for a picture. The waits between two tries take no time here. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { type DownloadOptions, downloadImage } from '../../src/client/download.js';
import { SafelightError } from '../../src/protocol/errors.js';

const waits = vi.hoisted((): number[] => []);
vi.mock(import('node:timers/promises'), async (original) => ({
  ...(await original()),
  setTimeout: async <T>(ms?: number, value?: T, options?: { signal?: AbortSignal }): Promise<T> => {
    options?.signal?.throwIfAborted();
    if (waits.length > 100) throw new Error('it never gives up'); // nothing else would end the test
    waits.push(ms ?? 0);
    return value as T;
  },
}));

const picture = Buffer.from('the bytes of a picture, long enough to be cut many times');
const sha256 = createHash('sha256').update(picture).digest('hex');
const image = { n: 1, sha256, bytes: picture.length, href: '/final' } as ImageEvent;
const ADDRESS = { http: 'http://gpu-box', webSocket: 'ws://gpu-box/ws', token: undefined };
const LOST = new TypeError('fetch failed');

/** What the server answers, request by request; the last answer stands for all that follow. */
type Answer = (from: number) => Response | Error;

beforeEach(() => void waits.splice(0));

function download(answers: Answer[], options: DownloadOptions = {}) {
  const asked: number[] = [];
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: Record<string, string> }) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const answer = (answers[asked.length] ?? (answers.at(-1) as Answer))(from);
    asked.push(from);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  return { asked, bytes: downloadImage(ADDRESS, image, options) };
}

/** The next bytes of the picture, and then the line is cut; without a number the whole rest. */
const send =
  (count = Number.POSITIVE_INFINITY): Answer =>
  (from) => {
    const part = picture.subarray(from, from + count);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (part.length > 0 && controller.enqueue(new Uint8Array(part))),
      pull: (controller) => (count === Number.POSITIVE_INFINITY ? controller.close() : controller.error(LOST)),
    });
    return new Response(body, { status: from === 0 ? 200 : 206 });
  };
const refuse = (code: string, more: object = {}): Answer => {
  return () => new Response(JSON.stringify({ error: { code, message: 'no', ...more } }), { status: 400 });
};
const lose: Answer = () => LOST;

describe('a line that is cut', () => {
  test('again and again is no reason to give up, as long as bytes come', async () => {
    const { asked, bytes } = download([...Array(20).fill(send(2)), send()]);
    expect(Buffer.from(await bytes).equals(picture)).toBe(true);
    expect(asked).toEqual(Array.from({ length: 21 }, (_, i) => 2 * i));
  });

  test('is given up after eight more tries that bring nothing', async () => {
    const { asked, bytes } = download([send(2), lose]);
    await expect(bytes).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(asked).toEqual([0, ...Array(8).fill(2)]);
    expect(waits).toHaveLength(8);
  });

  test('while nothing came at all: so is one that never was there', async () => {
    const { asked, bytes } = download([lose]);
    await expect(bytes).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(asked).toHaveLength(9);
  });

  test('waits longer each time, at most about five seconds', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
    await expect(download([lose]).bytes).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  test('is not tried again when the signal came', async () => {
    const stopping = new AbortController();
    const reason = new SafelightError('TIMEOUT', 'late');
    const cut: Answer = () => {
      stopping.abort(reason);
      return LOST;
    };
    const { asked, bytes } = download([send(2), cut], { signal: stopping.signal });
    await expect(bytes).rejects.toBe(reason);
    expect(asked).toHaveLength(2);
  });
});

describe('a refusal', () => {
  test.each(['NOT_FOUND', 'UNAUTHORIZED', 'INTERNAL'])('%s is told at once, also in the middle', async (code) => {
    const { asked, bytes } = download([send(2), refuse(code)]);
    await expect(bytes).rejects.toMatchObject({ code });
    expect(asked).toEqual([0, 2]);
  });
});

describe('what is not the picture', () => {
  test.each([
    [
      'other bytes of its length',
      Buffer.from(picture.toString().replace('t', 'T')),
      'its hash is not the announced one',
    ],
    ['its beginning', picture.subarray(0, -1), 'its hash is not the announced one'],
    ['the picture and more', Buffer.concat([picture, Buffer.of(0)]), 'it is longer than announced'],
  ])('%s', async (_, sent, why) => {
    const { asked, bytes } = download([() => new Response(new Uint8Array(sent))]);
    const message = `the picture arrived damaged: ${why}`;
    await expect(bytes).rejects.toMatchObject({ code: 'BAD_ANSWER', message });
    expect(asked).toEqual([0]);
  });

  test('is not read on when it is too long', async () => {
    let pieces = 0;
    const endless = new ReadableStream<Uint8Array>(
      { pull: (controller) => void controller.enqueue(new Uint8Array(++pieces === 0 ? 0 : 40)) },
      { highWaterMark: 0 },
    );
    const { bytes } = download([() => new Response(endless)]);
    await expect(bytes).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    expect(pieces).toBeLessThanOrEqual(3);
  });

  test('the rest from another place than asked for', async () => {
    const { bytes } = download([send(2), () => new Response(new Uint8Array(picture))]);
    const message = 'the picture changed while it was fetched';
    await expect(bytes).rejects.toMatchObject({ code: 'BAD_ANSWER', message });
  });
});

test('every byte that comes is counted, once', async () => {
  let heard = 0;
  const onBytes = (count: number) => {
    heard += count;
  };
  await download([send(2), send(3), send()], { onBytes }).bytes;
  expect(heard).toBe(picture.length);
});
