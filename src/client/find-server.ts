/** Finds where below a pasted path the server is: at the path itself, behind a proxy that mounts it there, or nearer to the root. */
import { z } from 'zod';
import { SafelightError } from '../protocol/errors.js';
import type { ServerAddress } from './address.js';
import { request, toHeaders } from './http.js';

const HealthSchema = z.object({ ok: z.literal(true) });
const PATIENCE_MS = 15_000;

/**
 * An address without a path is taken as it is, with no request. Nothing is sent but `GET …/healthz`, without the token.
 * @returns the longest part of the path that a safelight server answers under; the address itself where none does, so that
 *   connecting there reports why  @throws SafelightError CONNECTION_FAILED; the signal's reason
 */
export async function findServer(address: ServerAddress, signal?: AbortSignal): Promise<ServerAddress> {
  const { origin, pathname } = new URL(address.http);
  const names = pathname.split('/').filter((name) => name !== '');
  for (let length = names.length; names.length > 0 && length >= 0; length--) {
    const http = [origin, ...names.slice(0, length)].join('/');
    if (await isServer(http, signal)) return { ...address, http, webSocket: `${http.replace(/^http/, 'ws')}/ws` };
  }
  return address;
}

/** Does it answer as a safelight server does? */
async function isServer(http: string, signal: AbortSignal | undefined): Promise<boolean> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const limited = signal === undefined ? patience : AbortSignal.any([patience, signal]);
  try {
    const answer = await request(`${http}/healthz`, { headers: toHeaders(undefined), signal: limited });
    return HealthSchema.safeParse(await answer.json()).success;
  } catch (error) {
    signal?.throwIfAborted();
    if (patience.aborted)
      throw new SafelightError(
        'CONNECTION_FAILED',
        `${new URL(http).host} does not answer within ${PATIENCE_MS / 1000} s`,
      );
    if (error instanceof SafelightError && error.code === 'CONNECTION_FAILED') throw error;
    return false; // refused, or not JSON: something else answers there
  }
}
