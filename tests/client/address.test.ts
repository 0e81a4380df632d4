import { describe, expect, test } from 'vitest';
import { isAddress, parseAddress, toLine } from '../../src/client/address.js';

describe('parseAddress', () => {
  test.each([
    ['https://a.ngrok-free.app', 'https://a.ngrok-free.app', 'wss://a.ngrok-free.app/ws'],
    ['https://a.ngrok-free.app/', 'https://a.ngrok-free.app', 'wss://a.ngrok-free.app/ws'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', 'ws://127.0.0.1:8000/ws'],
    ['ws://[::1]:8000', 'http://[::1]:8000', 'ws://[::1]:8000/ws'],
    ['wss://host/behind/a/path//', 'https://host/behind/a/path', 'wss://host/behind/a/path/ws'],
    ['HTTPS://Host.Example', 'https://host.example', 'wss://host.example/ws'],
  ])('%s', (text, http, webSocket) => {
    expect(parseAddress(text)).toEqual({ http, webSocket, token: undefined });
  });

  test('takes the token from the pasted line, and a given one before it', () => {
    expect(parseAddress('https://host/#token=abc').token).toBe('abc');
    expect(parseAddress('https://host/#token=abc', 'given').token).toBe('given');
    expect(parseAddress('https://host/#token=abc').http).toBe('https://host');
  });

  test.each([
    ['https://host/generate', 'https://host'],
    ['https://host/generate/', 'https://host'],
    ['https://host/GENERATE?x=1', 'https://host'],
    ['wss://host/ws', 'https://host'],
    ['https://host/healthz', 'https://host'],
    ['https://host/capabilities#token=abc', 'https://host'],
    ['https://host/jobs/0b5c/images/0', 'https://host'],
    ['https://host/sdapi/v1/txt2img', 'https://host'],
    ['https://host/mounted/here/generate', 'https://host/mounted/here'],
    ['https://host/mounted/ws/', 'https://host/mounted'],
    ['https://host/jobsite', 'https://host/jobsite'],
  ])('takes a route off: %s', (text, http) => {
    expect(parseAddress(text).http).toBe(http);
  });

  test.each([
    ['localhost', 'http://localhost'],
    ['localhost:9123', 'http://localhost:9123'],
    ['LocalHost:9123/generate', 'http://localhost:9123'],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['0.0.0.0:8000', 'http://0.0.0.0:8000'],
    ['192.168.1.20:8000', 'http://192.168.1.20:8000'],
    ['100.101.102.103:8000', 'http://100.101.102.103:8000'],
    ['[::1]:8000', 'http://[::1]:8000'],
    ['[fd00::5]', 'http://[fd00::5]'],
    ['gpu-box:8000', 'http://gpu-box:8000'],
    ['gpu.local:8000', 'http://gpu.local:8000'],
    ['a-b.ngrok-free.app', 'https://a-b.ngrok-free.app'],
    ['a-b.ngrok-free.app/generate', 'https://a-b.ngrok-free.app'],
    ['gpu.example.com:8443', 'https://gpu.example.com:8443'],
    ['203.0.113.5:8000', 'https://203.0.113.5:8000'],
    ['[2001:db8::1]:8000', 'https://[2001:db8::1]:8000'],
    ['11.0.0.1:1', 'https://11.0.0.1:1'],
    ['hütte.example', 'https://xn--htte-0ra.example'],
  ])('without a scheme is http in the local network, https beyond: %s', (text, http) => {
    expect(parseAddress(text).http).toBe(http);
    expect(parseAddress(`${text}${text.includes('/') ? '' : '/'}#token=abc`)).toMatchObject({ http, token: 'abc' });
  });

  test.each([
    '"https://host.example/#token=a-b_"',
    "'https://host.example/#token=a-b_'",
    '  https://host.example/#token=a-b_ \n',
    '<https://host.example/#token=a-b_>',
    '“https://host.example/#token=a-b_”',
    '`https://host.example/#token=a-b_`.',
    '(https://host.example/#token=a-b_),',
    '[the server](https://host.example/#token=a-b_)',
    'https://host.example/#token=a-b_.',
    'https://host.exam\n ple/#token=a-b_'.replace(' ', ''),
    '\u200bhttps://host.example/#token=a-b_\u200b',
    'npm start -- --api-url "https://host.example/#token=a-b_"',
    'safelight is listening on https://host.example/#token=a-b_ and waits for its tunnel',
    '"host.example/#token=a-b_"',
    '<host.example/#token=a-b_>;',
  ])('leaves out what is around it: %j', (text) => {
    expect(parseAddress(text)).toMatchObject({ http: 'https://host.example', token: 'a-b_' });
  });

  test.each([
    '',
    ' ',
    'host',
    'hello world',
    'ftp://host',
    'file:///etc',
    'mailto:a@b.example',
    'https://',
    ':8000',
    'host:',
    'host:99999',
    'https://host:port',
    'C:\\x',
    'two words.here now',
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(/not the address of a server/);
    expect(isAddress(text)).toBe(false);
  });

  test('refuses a password, and does not repeat it', () => {
    const parse = () => parseAddress('https://user:secret@host');
    expect(parse).toThrow(/user name or password is not supported/);
    expect(parse).not.toThrow(/secret/);
  });
});

test.each(['https://host/#token=abc', 'http://127.0.0.1:8000', 'https://host/mounted/#token=a%20b%2Bc'])(
  '%s comes back as one line',
  (line) => {
    expect(toLine(parseAddress(line))).toBe(line);
  },
);
