import { expect, it } from 'vitest';
import { tellTunnel, toBanner, toPublicUrl } from '../../src/cli/serve-tunnel.js';
import { createTestLog } from '../support/server-rig.js';

function listen() {
  const [lines, announced]: string[][] = [[], []];
  return { lines, announced, handlers: tellTunnel(createTestLog(lines), (url) => announced.push(url)) };
}

it('announces an address once, and another one again', () => {
  const { handlers, announced } = listen();
  for (const url of ['https://a.test', 'https://a.test', 'https://b.test']) handlers.onUp(url);
  expect(announced).toEqual(['https://a.test', 'https://b.test']);
});

it('logs each reason once until it is up again, and once more when it waits longer', () => {
  const { handlers, lines } = listen();
  for (const retryMs of [250, 500, 1000]) {
    handlers.onDown('no way out', retryMs);
    handlers.onDown('not ngrok', retryMs);
  }
  expect(lines.map((line) => /no way out|not ngrok/.exec(line)?.[0])).toEqual(['no way out', 'not ngrok']);
  handlers.onDown('no way out', 60_000);
  expect(lines.length).toBe(3);
  handlers.onUp('https://a.test');
  handlers.onDown('no way out', 250);
  expect(lines.length).toBe(4);
});

it('logs a refusal only when it was up: before, the command ends with it', () => {
  const { handlers, lines } = listen();
  handlers.onFatal('ERR_NGROK_107', 'copy the new one');
  expect(lines).toEqual([]);
  handlers.onUp('https://a.test');
  handlers.onFatal('ERR_NGROK_107', 'copy the new one');
  expect(lines).toEqual([expect.stringMatching(/^tunnel is refused .*ERR_NGROK_107.*copy the new one/)]);
});

it('the line to paste stands alone on its line', () => {
  expect(
    toBanner('https://a.test', 'hush')
      .split('\n')
      .map((line) => line.trim()),
  ).toContain('https://a.test/#token=hush');
});

it.each([
  ['https://lamp.example', 'https://lamp.example'],
  ['http://lamp.example:81/gpu/', 'http://lamp.example:81/gpu'],
])('the public address %s', (text, url) => {
  expect(toPublicUrl(text)).toBe(url);
});

it.each(['', 'lamp.example', 'ftp://a.test', 'https://a.test/#token=x', 'https://a.test/?x'])('is none: %j', (text) => {
  expect(() => toPublicUrl(text)).toThrow('--url: must look like https://host');
});
