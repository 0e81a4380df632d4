import { expect, it } from 'vitest';
import { toNgrokEnd } from '../../../src/server/tunnel/ngrok-failure.js';

it.each([
  [
    'failed to connect session: The authtoken is invalid.\nRun ngrok config …\n error_code: ERR_NGROK_107',
    'ERR_NGROK_107',
    'failed to connect session: The authtoken is invalid.',
  ],
  ['failed to connect session: failed to establish tcp connection', 'NO_WAY_OUT', undefined],
  ['failed to connect session: tls handshake error', 'TLS_REFUSED', undefined],
  ['error on join: Custom { kind: NotConnected, error: Reconnect(Canceled) }', undefined, 'ngrok’s session was lost'],
  ['failed to deserialize rpc response', undefined, undefined],
])('%s', (message, code, text = message) => {
  expect(toNgrokEnd(new Error(message))).toEqual({ code, text });
});
