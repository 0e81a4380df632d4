import { describe, expect, it } from 'vitest';
import { createAuthorize, createToken, isLoopback } from '../../src/server/auth.js';
import { createTokenBucket } from '../../src/server/token-bucket.js';

it('takes the bearer token, in any case of the word, and nothing else', () => {
  const authorize = createAuthorize({ token: 'secret', failures: createTokenBucket(100, 1) });
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

describe('a token', () => {
  const isTaken = (token: string, given: string) => {
    const authorize = createAuthorize({ token, failures: createTokenBucket(100, 1) });
    try {
      authorize({ authorization: `Bearer ${given}` });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
      return false;
    }
  };

  it.each([
    ['one of ours', createToken()],
    ['a long one', 'x'.repeat(5000)],
    ['one of a word', 'secret'],
    ['one of letters of several bytes', `${'湖'.repeat(30)}é`],
  ])('that is %s is compared to its end, and no further', (_, token) => {
    expect(isTaken(token, token)).toBe(true);
    const others = [
      ...[1, 2, 20, 32, 64, 1024].filter((length) => length < token.length).map((length) => token.slice(0, length)),
      ...[`${token.slice(0, -1)}~`, `~${token.slice(1)}`, `${token}~`, `${token}${token}`, token.slice(1)],
      token.slice(0, -1) + String.fromCodePoint((token.codePointAt(token.length - 1) ?? 0) + 1),
    ];
    for (const other of others) expect(isTaken(token, other), other).toBe(false);
  });

  it('is not another one that looks alike, or that shares its low bytes', () => {
    for (const [token, other] of [
      ['secret', 'SECRET'],
      ['caf\u00e9', 'cafe\u0301'],
      ['secre\u0074', 'secre\u0174'],
      ['\ud83c\udfe0', '\ud83c\udfe1'],
    ])
      expect([isTaken(token, other), isTaken(other, token)]).toEqual([false, false]);
  });
});

it('without a token still refuses web pages', () => {
  const authorize = createAuthorize({ token: undefined, failures: createTokenBucket(100, 1) });
  expect(() => authorize({})).not.toThrow();
  expect(() => authorize({ origin: 'null' })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
});

it('takes the web pages that are allowed, which still need the token', () => {
  const allowedOrigins = ['https://our.example'];
  const authorize = createAuthorize({ token: 'secret', failures: createTokenBucket(100, 1), allowedOrigins });
  const authorization = 'Bearer secret';
  expect(() => authorize({ authorization, origin: 'https://our.example' })).not.toThrow();
  const refusals = [
    [{ origin: 'https://our.example' }, 'UNAUTHORIZED'],
    [{ authorization, origin: 'https://our.example.evil.example' }, 'FORBIDDEN'],
    [{ authorization, origin: 'http://our.example' }, 'FORBIDDEN'],
  ] as const;
  for (const [credentials, code] of refusals)
    expect(() => authorize(credentials)).toThrow(expect.objectContaining({ code }));
});

it('without a token answers to names of this machine alone: a page may have its own name point here', () => {
  const authorize = createAuthorize({ token: undefined, failures: createTokenBucket(100, 1) });
  for (const host of ['127.0.0.1:8000', 'localhost:8000', '[::1]:8000', 'localhost'])
    expect(() => authorize({ host })).not.toThrow();
  for (const host of ['evil.example:8000', 'evil.example', '127.0.0.1.evil.example', ''])
    expect(() => authorize({ host }), host).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
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
