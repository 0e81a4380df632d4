/** Who may use the server: a bearer token, and no web page. Checked before any route and before the WebSocket upgrade. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SafelightError } from '../protocol/errors.js';

const TOKEN_BYTES = 24; // 192 bits, 32 characters

/** @throws SafelightError FORBIDDEN | UNAUTHORIZED */
export type Authorize = (headers: { authorization?: string | undefined; origin?: string | undefined }) => void;

export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** @param token without one only the origin is checked: right for a server that listens on this machine alone */
export function createAuthorize(token: string | undefined): Authorize {
  const expected = token === undefined ? undefined : digest(token);
  return ({ authorization, origin }) => {
    // Only browsers send it: a page of the web must not reach a server on its visitor's machine.
    if (origin !== undefined) throw new SafelightError('FORBIDDEN', 'web pages may not use this server');
    if (expected === undefined) return;
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) {
      throw new SafelightError('UNAUTHORIZED', 'this server needs a token: send "Authorization: Bearer TOKEN"');
    }
    // Hashes have one length, so the time says nothing about the token.
    if (!timingSafeEqual(digest(given), expected)) throw new SafelightError('UNAUTHORIZED', 'the token is wrong');
  };
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
