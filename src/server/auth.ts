/** Who may use the server: a bearer token, and no web page. Checked before any route and before the WebSocket upgrade. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SafelightError } from '../protocol/errors.js';
import type { TokenBucket } from './token-bucket.js';

const TOKEN_BYTES = 24; // 192 bits, 32 characters
const WRONG = 'the token is wrong';

/** @throws SafelightError FORBIDDEN | UNAUTHORIZED | RATE_LIMITED */
export type Authorize = (headers: { authorization?: string | undefined; origin?: string | undefined }) => void;

export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/**
 * @param token without one only the origin is checked: right for a server that listens on this machine alone
 * @param failures lets wrong tokens be tried; the right one always passes, so that nobody can lock others out
 */
export function createAuthorize(token: string | undefined, failures: TokenBucket): Authorize {
  const expected = token === undefined ? undefined : digest(token);
  return ({ authorization, origin }) => {
    // Only browsers send it: a page of the web must not reach a server on its visitor's machine.
    if (origin !== undefined) throw new SafelightError('FORBIDDEN', 'web pages may not use this server');
    if (expected === undefined) return;
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    // Hashes have one length, so the time says nothing about the token.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    if (!failures.take()) {
      const retryAfterMs = failures.waitMs();
      throw new SafelightError('RATE_LIMITED', 'too many wrong tokens; try again later', { retryAfterMs });
    }
    const words = given === undefined ? 'this server needs a token: send "Authorization: Bearer TOKEN"' : WRONG;
    throw new SafelightError('UNAUTHORIZED', words);
  };
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
