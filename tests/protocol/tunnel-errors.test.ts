import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  findNgrokCode,
  SLOW_RETRY_MS,
  TUNNEL_ERRORS,
  toTunnelError,
  toTunnelWords,
  tunnelCodeOf,
} from '../../src/protocol/tunnel-errors.js';

test('docs/tunnel.md lists exactly the rows of the table', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/tunnel.md'), 'utf8');
  const documented = page.split('\n').filter((line) => /^\| `[A-Z_]+\d*` \| (server|client) /.test(line));
  const rows = Object.entries(TUNNEL_ERRORS).map(
    ([code, { seenBy, retry, meaning, advice }]) => `| \`${code}\` | ${seenBy} | ${retry} | ${meaning} | ${advice} |`,
  );
  expect(documented).toEqual(rows);
});

describe('what a code becomes', () => {
  it('for good: an error that ends the asking', () => {
    const error = toTunnelError('ERR_NGROK_727');
    expect(error).toMatchObject({ code: 'TUNNEL_REFUSED', retryAfterMs: undefined });
    expect(error.message).toMatch(/month’s requests.*used up: .*cloudflared.*\(ERR_NGROK_727\)/);
  });

  it('for now: one that is tried again, at once or in a minute', () => {
    expect(toTunnelError('ERR_NGROK_3200')).toMatchObject({ code: 'CONNECTION_FAILED', retryAfterMs: undefined });
    expect(toTunnelError('ERR_NGROK_734')).toMatchObject({ code: 'CONNECTION_FAILED', retryAfterMs: SLOW_RETRY_MS });
  });

  it('one that nobody knows is told as it is, with ngrok’s page about it', () => {
    expect(toTunnelError('ERR_NGROK_9999').code).toBe('CONNECTION_FAILED');
    expect(toTunnelWords('ERR_NGROK_9999')).toMatch(
      /https:\/\/ngrok\.com\/docs\/errors\/err_ngrok_9999 \(ERR_NGROK_9999\)/,
    );
  });
});

describe('who answered', () => {
  it.each([
    ['ngrok, in its header', 404, 'ERR_NGROK_3200', '', 'ERR_NGROK_3200'],
    ['ngrok, with a header that is no code', 502, 'whatever\u001b[2J', '', 'ERR_NGROK_0'],
    ['ngrok’s agent, whose server is down', 502, null, 'failed to dial backend: Connection refused', 'BACKEND_DOWN'],
    ['cloudflare, whose agent is away', 530, null, 'error code: 1033', 'CLOUDFLARE_1033'],
    ['the server itself', 502, null, '{"error":{"code":"INTERNAL","message":"x"}}', undefined],
    ['the server, which speaks of ngrok', 404, undefined, 'ERR_NGROK_3200', undefined],
  ])('%s', (_, status, header, text, code) => {
    expect(tunnelCodeOf(status, header, text)).toBe(code);
  });
});

test('a code is found in whatever stands around it', () => {
  expect(findNgrokCode('failed to start listener: … error_code: ERR_NGROK_334')).toBe('ERR_NGROK_334');
  expect(findNgrokCode('tls handshake error')).toBeUndefined();
});
