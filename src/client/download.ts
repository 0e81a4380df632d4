/** Fetches a final whole: goes on where a cut left it, and checks the announced hash. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SafelightError } from '../protocol/errors.js';
import type { JobEvent } from '../protocol/messages.js';
import { reasonOf } from '../protocol/network-errors.js';
import type { ServerAddress } from './address.js';
import { createBackoff } from './backoff.js';
import { request, toHeaders } from './http.js';

type ImageEvent = Extract<JobEvent, { type: 'image' }>;

export interface DownloadOptions {
  signal?: AbortSignal | undefined;
  /** Hears how long each piece was, also those that come again after a cut. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Tries in a row that bring not one byte. */
const MAX_IDLE_TRIES = 8;
/** Twenty times the largest that the protocol knows, as PNG. */
const MAX_PICTURE_BYTES = 256 * 1024 * 1024;

/**
 * @throws SafelightError BAD_ANSWER when the bytes are not the announced ones, CONNECTION_FAILED when the server stays away,
 * NOT_FOUND when it no longer has the picture; the signal's reason
 */
export async function downloadImage(
  address: ServerAddress,
  image: ImageEvent,
  { signal, onBytes }: DownloadOptions = {},
): Promise<Uint8Array> {
  const backoff = createBackoff();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let idle = 0; ; idle++) {
    const before = length;
    try {
      for await (const chunk of fetchRest(address, image, length, signal)) {
        onBytes?.(chunk.length);
        chunks.push(chunk);
        length += chunk.length;
        if (length > Math.min(image.bytes, MAX_PICTURE_BYTES)) throw damaged('it is longer than announced');
      }
      return checked(Buffer.concat(chunks), image);
    } catch (error) {
      signal?.throwIfAborted();
      const isCut = error instanceof SafelightError && error.code === 'CONNECTION_FAILED';
      if (length > before) idle = 0;
      if (!isCut || idle >= MAX_IDLE_TRIES) throw error;
      await sleep(backoff.next(error), undefined, { signal });
    }
  }
}

async function* fetchRest(
  address: ServerAddress,
  { href, sha256 }: ImageEvent,
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  // Only a path is sure to stay on this server.
  if (!href.startsWith('/'))
    throw new SafelightError('BAD_ANSWER', 'the server told an address that is none of its own');
  // If-Range: another file behind the same address must not be glued to what is here.
  const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-`, 'if-range': `"${sha256}"` };
  const response = await request(`${address.http}${href}`, {
    headers: { ...toHeaders(address.token), ...range },
    ...(signal && { signal }),
  });
  if (from > 0 && response.status !== 206)
    throw new SafelightError('BAD_ANSWER', 'the picture changed while it was fetched');
  if (response.body === null) return;
  try {
    yield* response.body;
  } catch (cause) {
    throw new SafelightError('CONNECTION_FAILED', `the download was cut: ${reasonOf(cause)}`, { cause });
  }
}

function checked(bytes: Uint8Array, image: ImageEvent): Uint8Array {
  if (createHash('sha256').update(bytes).digest('hex') === image.sha256) return bytes;
  throw damaged('its hash is not the announced one');
}

function damaged(why: string): SafelightError {
  return new SafelightError('BAD_ANSWER', `the picture arrived damaged: ${why}`);
}
