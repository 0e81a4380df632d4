/** What ngrok's library says of a failure, as a code and words: its errors have texts only. */
import { findNgrokCode } from '../../protocol/tunnel-errors.js';
import type { TunnelEnd } from './tunnel-messages.js';

const CODES_OF_TEXTS: readonly [RegExp, string][] = [
  [/failed to establish tcp connection/, 'NO_WAY_OUT'],
  [/tls handshake error/, 'TLS_REFUSED'],
];

/** That we did not let it connect again, which it says of every session that is lost. */
const LOST = /Reconnect\(Canceled\)/;

export function toNgrokEnd(thrown: unknown): TunnelEnd {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = findNgrokCode(text) ?? CODES_OF_TEXTS.find(([pattern]) => pattern.test(text))?.[1];
  if (LOST.test(text)) return { text: 'ngrok’s session was lost' };
  // The rest of a refusal tells how to do it with ngrok's own program.
  return { code, text: text.split('\n')[0] };
}
