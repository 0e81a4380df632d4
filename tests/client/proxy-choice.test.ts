/** Which proxy leads to an address; the rules are curl's and Go's, whose users write these variables. */
import { describe, expect, test } from 'vitest';
import { chooseProxy, describeProxy, hasProxy } from '../../src/client/proxy-choice.js';

const BOTH = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };
const hostOf = (url: string, env: Record<string, string>) => chooseProxy(url, env)?.url.host;

describe('a proxy', () => {
  test.each([
    ['http://gpu.test', 'plain:1'],
    ['ws://gpu.test:8000/ws', 'plain:1'],
    ['https://gpu.test', 'secure:2'],
    ['wss://gpu.test/ws', 'secure:2'],
  ])('of the scheme leads to %s', (url, host) => {
    expect(hostOf(url, BOTH)).toBe(host);
  });

  test.each<[string, Record<string, string>, string | undefined]>([
    ['ALL_PROXY is for both schemes', { ALL_PROXY: 'http://all:3' }, 'all:3'],
    ['the scheme’s own goes before ALL_PROXY', { ...BOTH, ALL_PROXY: 'http://all:3' }, 'secure:2'],
    ['lower case goes before upper case', { ...BOTH, https_proxy: 'http://lower:4' }, 'lower:4'],
    ['an empty variable is not set', { HTTPS_PROXY: '', https_proxy: ' ', ALL_PROXY: 'http://all:3' }, 'all:3'],
    ['the scheme may be left out', { HTTPS_PROXY: 'bare:3128' }, 'bare:3128'],
    [
      'a SOCKS proxy for all does not matter where there is another',
      { ...BOTH, ALL_PROXY: 'socks5://s:1' },
      'secure:2',
    ],
    ['HTTP_PROXY is not for https', { HTTP_PROXY: 'http://plain:1' }, undefined],
    ['none', {}, undefined],
  ])('%s', (_, env, host) => {
    expect(hostOf('https://gpu.test', env)).toBe(host);
  });

  test.each([
    'localhost',
    'gpu.localhost',
    'LOCALHOST:8000',
    '127.0.0.1:8000',
    '127.8.8.8',
    '[::1]:8000',
    '[::]:1',
    '0.0.0.0:1',
    'localhost.',
  ])('never leads to this machine: %s', (host) => {
    expect(hostOf(`http://${host}`, BOTH)).toBeUndefined();
  });

  test.each([
    ['socks5://user:secret@host:1080', /^ALL_PROXY: a SOCKS proxy is not supported/],
    ['http://user:secret@:bad', /^ALL_PROXY: not a proxy’s address/],
    ['ftp://user:secret@host', /^ALL_PROXY: not a proxy’s address/],
  ])('that is none is refused without its password: %s', (value, words) => {
    const choose = () => chooseProxy('https://gpu.test', { ALL_PROXY: value });
    expect(choose).toThrow(words);
    expect(choose).not.toThrow(/secret/);
  });

  test('is described without its password', () => {
    const proxy = chooseProxy('https://gpu.test', { https_proxy: 'http://user:secret@proxy.test:3128/' });
    expect(proxy && describeProxy(proxy)).toBe('http://proxy.test:3128 (https_proxy)');
  });

  test('in the environment is found in any case', () => {
    expect([{ https_proxy: 'x' }, { ALL_PROXY: 'x' }, { NO_PROXY: 'x' }, { HTTP_PROXY: '' }].map(hasProxy)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['*', 'gpu.test'],
    ['gpu.test', 'gpu.test'],
    ['GPU.Test', 'gpu.test'],
    ['gpu.test', 'a.gpu.test'],
    ['.gpu.test', 'a.gpu.test'],
    ['.gpu.test', 'gpu.test'],
    ['*.gpu.test', 'a.b.gpu.test'],
    ['gpu.test.', 'gpu.test'],
    ['other.test, gpu.test', 'gpu.test'],
    ['other.test gpu.test', 'gpu.test'],
    ['gpu.test:443', 'gpu.test'],
    ['gpu.test:8000', 'gpu.test:8000'],
    ['10.1.2.3', '10.1.2.3:8000'],
    ['10.1.2.3:8000', '10.1.2.3:8000'],
    ['10.0.0.0/8', '10.200.3.4'],
    ['fd00::1', '[fd00::1]:8000'],
    ['[fd00::1]:8000', '[fd00::1]:8000'],
    ['fd00::/8', '[fd12::9]'],
  ])('%s spares %s', (noProxy, host) => {
    expect(hostOf(`https://${host}`, { ...BOTH, NO_PROXY: noProxy })).toBeUndefined();
    expect(hostOf(`wss://${host}/ws`, { ...BOTH, no_proxy: noProxy })).toBeUndefined();
  });

  test.each([
    ['', 'gpu.test'],
    [',', 'gpu.test'],
    ['.', 'gpu.test'],
    ['pu.test', 'gpu.test'],
    ['a.gpu.test', 'gpu.test'],
    ['gpu.test:80', 'gpu.test'],
    ['gpu.test:8000', 'gpu.test:8001'],
    ['10.0.0.0/8', '11.0.0.1'],
    ['10.0.0.0/64', '10.0.0.1'],
    ['10.0.0.0/x', '10.0.0.1'],
    ['0.0.1', '10.0.0.1'],
    ['fd00::/8', '[fe80::1]'],
  ])('%j does not spare %s', (noProxy, host) => {
    expect(hostOf(`https://${host}`, { ...BOTH, NO_PROXY: noProxy })).toBe('secure:2');
  });

  test('in lower case goes before upper case', () => {
    expect(hostOf('https://gpu.test', { ...BOTH, NO_PROXY: '*', no_proxy: 'other.test' })).toBe('secure:2');
  });
});
