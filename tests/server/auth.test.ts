import { expect, it } from 'vitest';
import { createAuthorize, createToken, isLoopback } from '../../src/server/auth.js';
import { createTokenBucket } from '../../src/server/token-bucket.js';

it('takes the bearer token, in any case of the word, and nothing else', () => {
  const authorize = createAuthorize('secret', createTokenBucket(100, 1));
  for (const authorization of ['Bearer secret', 'bearer  secret'])
    expect(() => authorize({ authorization })).not.toThrow();
  for (const authorization of [
    undefined,
    '',
    'secret',
    'Bearer',
    'Bearer Secret',
    'Bearer secret2',
    'Bearer a secret',
  ]) {
    expect(() => authorize({ authorization }), authorization).toThrow(
      expect.objectContaining({ code: 'UNAUTHORIZED' }),
    );
  }
});

it('without a token still refuses web pages', () => {
  const authorize = createAuthorize(undefined, createTokenBucket(100, 1));
  expect(() => authorize({})).not.toThrow();
  expect(() => authorize({ origin: 'null' })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
});

it('makes tokens of at least 128 bits, each another', () => {
  expect(Buffer.from(createToken(), 'base64url').length).toBeGreaterThanOrEqual(16);
  expect(createToken()).not.toBe(createToken());
});

it.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.2', false],
  ['127.0.0.1.example.com', false],
])('%s is on this machine alone: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
