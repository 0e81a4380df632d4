/** Addresses where no safelight server is: requests and WebSockets fail with one code, in the same words. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/client/address.js';
import { connect } from '../../src/client/client.js';
import { findServer } from '../../src/client/find-server.js';
import { request } from '../../src/client/http.js';
import { startFakeServer } from '../support/fake-server.js';
import { makeCertificates } from '../support/ngrok-service/certificates.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** @returns `127.0.0.1:port` */
async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const listenHttp = (listener: RequestListener) => listen(createHttpServer(listener));
const noPort = async () => {
  const host = await listen(createTcpServer());
  for (const close of closers.splice(0)) close();
  return host;
};

describe('no server', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['a closed port', async () => `http://${await noPort()}`, /does not answer: no server listens there/],
    [
      'https where http is',
      async () => `https://${await listenHttp((_, answer) => answer.end())}`,
      /write http:\/\/ instead/,
    ],
    [
      'http where https is',
      async () => `http://${await listen(createTlsServer(makeCertificates()))}`,
      /closed the connection .+ write https:\/\/ instead/,
    ],
    [
      'a certificate that nobody here knows',
      async () => `https://${await listen(createTlsServer(makeCertificates()))}`,
      /NODE_EXTRA_CA_CERTS/,
    ],
    [
      'another protocol',
      async () => `http://${await listen(createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n')))}`,
      /does not speak HTTP/,
    ],
  ])('%s', async (_, open, words) => {
    const url = await open();
    const refusal = { code: 'CONNECTION_FAILED', message: expect.stringMatching(words) };
    await expect(request(`${url}/healthz`, {})).rejects.toMatchObject(refusal);
    await expect(connect({ url })).rejects.toMatchObject(refusal);
  });

  test('but a web page', async () => {
    const page: RequestListener = (_, answer) =>
      answer.setHeader('content-type', 'text/html').end('<html>hello</html>');
    const words = 'what answers is not a safelight server (HTTP 200): check the address';
    for (const path of ['', '/some/page.html'])
      await expect(connect({ url: `http://${await listenHttp(page)}${path}` })).rejects.toMatchObject({
        code: 'BAD_ANSWER',
        message: words,
      });
  });

  test('but a way to another address, which the token is not sent to', async () => {
    const server = await startFakeServer({ refuse: { status: 307, headers: { location: 'https://other.test/ws' } } });
    closers.push(() => void server.close());
    await expect(connect({ url: server.url, token: 'secret' })).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      message: 'the server sends us to https://other.test: use that address',
    });
  });
});

describe('below a path', () => {
  /** A server that is mounted at `/a/b`, and counts what it was asked. */
  async function mount(asked: string[]) {
    const host = await listenHttp(({ url = '', headers }, answer) => {
      asked.push(`${url}${headers.authorization === undefined ? '' : ' with a token'}`);
      if (url === '/a/b/healthz') answer.end('{"ok":true}');
      else answer.writeHead(404).end('<html>nothing here</html>');
    });
    return `http://${host}`;
  }

  test.each([
    ['/a/b', 1],
    ['/a/b/generate', 1],
    ['/a/b/c/index.html?x=1', 3],
  ])('a server is found from %s', async (path, tries) => {
    const asked: string[] = [];
    const url = await mount(asked);
    const found = await findServer(parseAddress(`${url}${path}#token=abc`));
    expect(found).toEqual({ http: `${url}/a/b`, webSocket: `${url.replace('http', 'ws')}/a/b/ws`, token: 'abc' });
    expect(asked).toHaveLength(tries);
    expect(asked.join()).not.toContain('token');
  });

  test('or at the root', async () => {
    const host = await listenHttp(({ url }, answer) => {
      if (url === '/healthz') answer.end('{"ok":true}');
      else answer.writeHead(404).end();
    });
    expect((await findServer(parseAddress(`http://${host}/docs/x`))).http).toBe(`http://${host}`);
  });

  test('where none is, the address stays; without a path nothing is asked', async () => {
    const asked: string[] = [];
    const url = await mount(asked);
    expect((await findServer(parseAddress(`${url}/x`))).http).toBe(`${url}/x`);
    expect(asked.splice(0)).toEqual(['/x/healthz', '/healthz']);
    expect((await findServer(parseAddress(url))).http).toBe(url);
    expect(asked).toEqual([]);
  });
});
