import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/client/address.js';

describe('parseAddress', () => {
  test.each([
    ['https://a.ngrok-free.app', 'https://a.ngrok-free.app', 'wss://a.ngrok-free.app/ws'],
    ['https://a.ngrok-free.app/', 'https://a.ngrok-free.app', 'wss://a.ngrok-free.app/ws'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', 'ws://127.0.0.1:8000/ws'],
    ['ws://[::1]:8000', 'http://[::1]:8000', 'ws://[::1]:8000/ws'],
    ['wss://host/behind/a/path//', 'https://host/behind/a/path', 'wss://host/behind/a/path/ws'],
  ])('%s', (text, http, webSocket) => {
    expect(parseAddress(text)).toEqual({ http, webSocket, token: undefined });
  });

  test('takes the token from the pasted line, and a given one before it', () => {
    expect(parseAddress('https://host/#token=abc').token).toBe('abc');
    expect(parseAddress('https://host/#token=abc', 'given').token).toBe('given');
    expect(parseAddress('https://host/#token=abc').http).toBe('https://host');
  });

  test.each(['', 'host', 'localhost:8000', 'ftp://host', 'file:///etc', 'https://user:secret@host'])(
    'refuses %j',
    (text) => {
      expect(() => parseAddress(text)).toThrow(/not the address of a server/);
    },
  );
});
