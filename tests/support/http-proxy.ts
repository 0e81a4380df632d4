/** An HTTP proxy as companies have it: forwards plain requests, opens tunnels, may ask for a password. Every name leads to this machine. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface HttpProxy {
  /** Without credentials. */
  url: string;
  /** What it was asked for: `GET http://gpu.test:1/healthz`, `CONNECT gpu.test:1`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface HttpProxyOptions {
  /** `user:password` that it asks for. */
  credentials?: string;
  /** Answers every tunnel and request with this status instead. */
  refuse?: number;
}

/** Of this machine: only a proxy that maps names can lead there, so who arrives came through it. */
const TARGET = '127.0.0.1';

export async function startHttpProxy({ credentials, refuse }: HttpProxyOptions = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const streams = new Set<Duplex>();
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const statusFor = ({ headers }: IncomingMessage) =>
    refuse ?? (expected !== undefined && headers['proxy-authorization'] !== expected ? 407 : undefined);

  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const status = statusFor(incoming);
    if (status !== undefined) response.writeHead(status).end('<html>the proxy says no</html>');
    else forward(incoming, response);
  });
  server.on('connect', (incoming, near: Duplex) => {
    asked.push(`CONNECT ${incoming.url}`);
    const status = statusFor(incoming);
    if (status !== undefined) return void near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const far = connect(Number(incoming.url?.split(':').at(-1)), TARGET, () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    for (const stream of [near, far]) {
      streams.add(stream);
      stream.on('error', () => {}).on('close', () => [near, far].map((each) => each.destroy()));
    }
  });
  server.listen(0, TARGET);
  await once(server, 'listening');
  return {
    url: `http://${TARGET}:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const { port, pathname, search } = new URL(incoming.url ?? '');
  const { method, headers } = incoming;
  const outgoing = request({ host: TARGET, port, path: `${pathname}${search}`, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
