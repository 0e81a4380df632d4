/** Who may use the server: a bearer token, and no web page. Checked before any route and before the WebSocket upgrade. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SafelightError } from '../protocol/errors.js';
import type { TokenBucket } from './token-bucket.js';

const TOKEN_BYTES = 24; // 192 bits, 32 characters
const WRONG = 'the token is wrong';

/** What a request says of its sender. */
export interface Credentials {
  authorization?: string | undefined;
  origin?: string | undefined;
  host?: string | undefined;
}

/** @throws SafelightError FORBIDDEN | UNAUTHORIZED | RATE_LIMITED */
export type Authorize = (credentials: Credentials) => void;

export interface AuthorizeOptions {
  /** Without one there must be no way in from another machine. */
  token: string | undefined;
  /** Lets wrong tokens be tried; the right one always passes, so that nobody can lock others out. */
  failures: TokenBucket;
  /** Web pages that may use the server all the same. */
  allowedOrigins?: readonly string[];
}

export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export function createAuthorize({ token, failures, allowedOrigins = [] }: AuthorizeOptions): Authorize {
  const expected = token === undefined ? undefined : digest(token);
  return ({ authorization, origin, host }) => {
    // Only browsers send it: a page of the web must not reach a server on its visitor's machine.
    if (origin !== undefined && !allowedOrigins.includes(origin))
      throw new SafelightError('FORBIDDEN', 'web pages may not use this server');
    if (expected === undefined) return checkHost(host);
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

/** A page may have its own name point at this machine (DNS rebinding): it sends no Origin then, but that name. */
function checkHost(host: string | undefined): void {
  const name = host?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name === undefined || isLoopback(name)) return;
  throw new SafelightError('FORBIDDEN', 'a server without a token answers to this machine’s own names only');
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
