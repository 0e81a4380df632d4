import { describe, expect, test } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import { reasonOf, toNetworkError } from '../../src/protocol/network-errors.js';

const withCode = (code: string, message = 'node’s words') => Object.assign(new Error(message), { code });
/** As fetch throws it. */
const hidden = (cause: unknown) => new TypeError('fetch failed', { cause });

describe('a connection that failed', () => {
  test.each([
    [withCode('ENOTFOUND'), 'gpu.test:8000 is unknown: '],
    [withCode('EAI_AGAIN'), 'cannot be looked up: is this machine online?'],
    [withCode('ECONNREFUSED'), 'does not answer: no server listens there'],
    [
      Object.assign(new AggregateError([withCode('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
      'no server listens there',
    ],
    [withCode('ETIMEDOUT'), 'does not answer in time'],
    [withCode('UND_ERR_CONNECT_TIMEOUT'), 'does not answer in time'],
    [withCode('EHOSTUNREACH'), 'no network leads there'],
    [withCode('ERR_SSL_WRONG_VERSION_NUMBER'), 'write http:// instead of https://'],
    [
      withCode('EPROTO', 'write EPROTO C0:error:0A00010B:SSL routines:x:wrong version number:../x.c:77:'),
      'write http:// instead',
    ],
    [
      withCode('EPROTO', 'write EPROTO C0:error:0A000410:SSL routines::sslv3 alert handshake failure'),
      'cannot agree on TLS',
    ],
    [withCode('HPE_INVALID_CONSTANT'), 'does not speak HTTP'],
    [withCode('CERT_HAS_EXPIRED'), 'has expired'],
    [withCode('CERT_NOT_YET_VALID'), 'not valid yet'],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'has the certificate of another name'],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'NODE_EXTRA_CA_CERTS'],
    [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'NODE_EXTRA_CA_CERTS'],
    [withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'NODE_EXTRA_CA_CERTS'],
    [withCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'NODE_EXTRA_CA_CERTS'],
    [withCode('ECONNRESET'), 'closed the connection without an answer'],
    [new Error('bad port'), 'may not use this port'],
    [new Error('Server sent no subprotocol'), 'is not a safelight server'],
  ])('%s', (error, words) => {
    for (const thrown of [error, hidden(error)]) {
      const told = toNetworkError(thrown, 'https://gpu.test:8000/ws');
      expect(told).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining(words) });
      expect(told.message).toContain('gpu.test:8000');
      expect(told.message).not.toMatch(/node’s words|SSL routines|fetch failed/);
    }
  });

  test('says what it is, where nobody knows it', () => {
    expect(toNetworkError(hidden(new Error('the moon is full')), 'http://gpu.test').message).toBe(
      'gpu.test does not answer: the moon is full',
    );
  });

  test('is doubted for its scheme only where that may be why', () => {
    expect(toNetworkError(withCode('ECONNRESET'), 'ws://gpu.test').message).toContain('https://');
    expect(toNetworkError(withCode('ECONNRESET'), 'wss://gpu.test').message).not.toContain('https://');
  });

  test('keeps a refusal that was thrown on the way', () => {
    const refusal = new SafelightError('INVALID_PARAMS', 'no', { cause: new Error('why') });
    expect(toNetworkError(hidden(refusal), 'http://gpu.test')).toBe(refusal);
  });
});

test('the reason is the deepest cause’s', () => {
  expect(reasonOf(hidden(hidden(new Error('cut'))))).toBe('cut');
  expect(reasonOf(hidden(withCode('EPIPE', '')))).toBe('EPIPE');
  expect(reasonOf('a string')).toBe('a string');
});
