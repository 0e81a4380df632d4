/** The built command behind a proxy: jobs, downloads and models go through it, this machine's own server does not. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, startFakeServer } from '../support/fake-server.js';
import { GOLDENS } from '../support/goldens.js';
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from '../support/http-proxy.js';
import { makeCertificates } from '../support/ngrok-service/certificates.js';
import { runSafelight } from '../support/run-safelight.js';
import { MODEL_ID, readFolder, startStandInHub } from '../support/stand-in-hub.js';

/** Only the proxy knows this name. */
const HOST = 'gpu.test';
const picture = Buffer.from('a picture');
const sha256 = createHash('sha256').update(picture).digest('hex');
let dir: string;
let server: FakeServer;
let port: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safelight-proxy-'));
  server = await startFakeServer({ onMessage: makePicture, onRequest: (_, response) => response.end(picture) });
  ({ port } = new URL(server.url));
  closers.push(server.close, () => rm(dir, { recursive: true }));
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function makePicture(message: ClientMessage, link: FakeLink): void {
  if (message.type !== 'submit') return;
  const { jobId } = message;
  const image = { n: 0, seed: 7, sha256, bytes: picture.length, width: 1, height: 1, format: 'png', href: '/final' };
  link.say({ type: 'image', jobId, seq: 1, ...image });
  link.say({ type: 'completed', jobId, seq: 2, seeds: [7], timings: { queuedMs: 0, totalMs: 5 } });
}

async function openProxy(options?: HttpProxyOptions): Promise<HttpProxy> {
  const proxy = await startHttpProxy(options);
  closers.push(proxy.close);
  return proxy;
}

const draw = (url: string, env: Record<string, string>) => runSafelight(['a lake', '-o', dir, '-u', url], env);

describe('a job', () => {
  test('goes through the proxy: the WebSocket by a tunnel, the picture as a plain request', async () => {
    const proxy = await openProxy();
    expect(await draw(`http://${HOST}:${port}`, { HTTP_PROXY: proxy.url })).toMatchObject({ code: 0 });
    expect(proxy.asked).toEqual([`CONNECT ${HOST}:${port}`, `GET http://${HOST}:${port}/final`]);
    expect(await readdir(dir)).toHaveLength(1);
  });

  test('over TLS goes through tunnels, with the authority that NODE_EXTRA_CA_CERTS names', async () => {
    const { ca, cert, key } = makeCertificates(HOST);
    const tls = createServer({ cert, key }, (near) => void near.pipe(connect(Number(port), '127.0.0.1')).pipe(near));
    tls.on('secureConnection', (socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    closers.push(async () => tls.close());
    const proxy = await openProxy({ credentials: 'me:p@ss' });
    const own = proxy.url.replace('//', '//me:p%40ss@');
    const url = `https://${HOST}:${(tls.address() as AddressInfo).port}`;

    const strange = await draw(url, { https_proxy: own });
    expect(strange).toMatchObject({ code: 3, stderr: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    const file = join(dir, 'ca.pem');
    await writeFile(file, ca);
    expect(await draw(url, { https_proxy: own, NODE_EXTRA_CA_CERTS: file })).toMatchObject({ code: 0 });
    expect(proxy.asked).toEqual([1, 2, 3].map(() => `CONNECT ${url.slice(8)}`));
  });

  test('whose host NO_PROXY lists goes directly', async () => {
    const proxy = await openProxy();
    const env = { ALL_PROXY: proxy.url, NO_PROXY: `x.test,${HOST}` };
    const { code, stderr } = await draw(`http://${HOST}:${port}`, env);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${HOST}:${port} is unknown`)]);
    expect(proxy.asked).toEqual([]);
  });

  test('on this machine never meets the proxy', async () => {
    const proxy = await openProxy({ refuse: 403 });
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url };
    expect(await draw(server.url, env)).toMatchObject({ code: 0 });
    const size = ['-w', '256', '-h', '256', '-s', '1'];
    expect(await runSafelight(['a lake', '-o', dir, ...size], env)).toMatchObject({ code: 0 });
    expect(proxy.asked).toEqual([]);
  });
});

describe('a proxy that does not help is named, and its password is not', () => {
  test.each<[string, HttpProxyOptions, string, string]>([
    ['it asks for a password', { credentials: 'me:secret' }, '', 'it asks for a user name and password'],
    ['the password is wrong', { credentials: 'me:other' }, 'me:secret@', 'it refuses the user name and password'],
    ['it forbids the host', { refuse: 403 }, 'me:secret@', `it answers 403 when asked for ${HOST}`],
  ])('%s', async (_, options, credentials, words) => {
    const proxy = await openProxy(options);
    const env = { HTTP_PROXY: proxy.url.replace('//', `//${credentials}`) };
    const { code, stderr } = await draw(`http://${HOST}:${port}`, env);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`the proxy ${proxy.url} (HTTP_PROXY): ${words}`)]);
    expect(stderr).not.toContain('secret');
  });

  test('it is down, for the WebSocket and for requests', async () => {
    const { url, close } = await startHttpProxy();
    await close();
    const env = { HTTP_PROXY: url.replace('//', '//me:secret@') };
    const words = `the proxy ${url} (HTTP_PROXY): ${url.slice(7)} does not answer`;
    for (const address of [`http://${HOST}:${port}`, `http://${HOST}:${port}/some/path`]) {
      const { code, stderr } = await draw(address, env);
      expect([code, stderr]).toEqual([3, expect.stringContaining(words)]);
      expect(stderr).not.toContain('secret');
    }
  });

  test('it is a SOCKS proxy', async () => {
    const { code, stderr } = await draw(`http://${HOST}:${port}`, { ALL_PROXY: 'socks5://me:secret@127.0.0.1:1' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('ALL_PROXY: a SOCKS proxy is not supported')]);
    expect(stderr).not.toContain('secret');
  });
});

describe('models', () => {
  test('are pulled through the proxy', async () => {
    const hub = await startStandInHub(readFolder(join(GOLDENS, 'tiny-sd')));
    const proxy = await openProxy({ credentials: 'me:secret' });
    closers.push(hub.close);
    const url = hub.url.replace('127.0.0.1', HOST);
    const http_proxy = proxy.url.replace('//', '//me:secret@');
    const env = { HF_ENDPOINT: url, SAFELIGHT_MODELS_DIR: dir, http_proxy };
    expect(await runSafelight(['models', 'pull', MODEL_ID], env)).toMatchObject({ code: 0 });
    expect(proxy.asked[0]).toContain(`GET ${url}/api/models/${MODEL_ID}/revision/main?`);
    expect(proxy.asked).toContain(`GET ${url}/${MODEL_ID}/resolve/${hub.commit}/model_index.json`);
  });

  test('are not, when it is down', async () => {
    const env = {
      HF_ENDPOINT: `https://${HOST}`,
      SAFELIGHT_MODELS_DIR: dir,
      https_proxy: 'http://me:secret@127.0.0.1:9',
    };
    const { code, stderr } = await runSafelight(['models', 'pull', MODEL_ID], env);
    expect([code, stderr]).toEqual([3, expect.stringContaining('the proxy http://127.0.0.1:9 (https_proxy)')]);
    expect(stderr).not.toContain('secret');
  });
});
