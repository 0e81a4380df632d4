/** A real WebSocket and HTTP server on a free port that says what a test tells it to: for the client's side only. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeClientMessage } from '../../src/protocol/codec.js';
import type { ClientMessage } from '../../src/protocol/messages.js';

export interface FakeLink {
  /** JSON as it is: also what no schema knows. */
  say(message: object): void;
  /** Need not be JSON. */
  sayText(text: string): void;
  sayBytes(bytes: Uint8Array): void;
  /** Past the WebSocket: bytes that need not be frames. */
  sayRaw(bytes: Uint8Array): void;
  /** Reads nothing any more, and keeps the line. */
  hang(): void;
  /** Cuts the line without a word. */
  cut(): void;
  close(code: number): void;
}

export interface FakeServer {
  url: string;
  /** Everything that clients said. */
  heard: ClientMessage[];
  close(): Promise<void>;
}

export interface FakeServerOptions {
  /** Of the server's life at each greeting. */
  epoch?: () => string;
  /** Answers each message; `hello` is welcomed already. */
  onMessage?: (message: ClientMessage, link: FakeLink) => void;
  onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Answers each `hello` with a welcome; default true. */
  greets?: boolean;
  /** Does what it likes with the connection, instead of opening a WebSocket. */
  onUpgrade?: (stream: Duplex, request: IncomingMessage) => void;
  /** Refuses the upgrade instead. */
  refuse?: { status: number; headers?: Record<string, string>; body?: string } | undefined;
}

export const WELCOME = {
  type: 'welcome',
  protocol: 1,
  server: 'safelight/fake',
  epoch: 'e',
  capabilities: {
    protocol: 1,
    server: 'safelight/fake',
    models: [{ id: 'm', name: 'm', sizeMultipleOf: 8, guidanceScale: 7.5, steps: 25, img2img: true }],
    schedulers: ['euler'],
    limits: {},
    device: 'cpu',
    queueLength: 0,
  },
};

export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const heard: ClientMessage[] = [];
  const http = createServer((request, response) => {
    if (options.onRequest !== undefined) options.onRequest(request, response);
    else response.writeHead(404).end();
  });
  const sockets = new WebSocketServer({ noServer: true });
  const upgraded = new Set<Duplex>();
  http.on('upgrade', (request, stream, head) => {
    upgraded.add(stream);
    if (options.refuse !== undefined) {
      const { status, headers = {}, body = '' } = options.refuse;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      stream.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`);
      return;
    }
    if (options.onUpgrade !== undefined)
      options.onUpgrade(
        stream.on('error', () => {}),
        request,
      );
    else sockets.handleUpgrade(request, stream, head, (ws) => serve(ws, stream, heard, options));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    heard,
    async close() {
      for (const ws of sockets.clients) ws.terminate();
      for (const stream of upgraded) stream.destroy();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

function serve(ws: WebSocket, stream: Duplex, heard: ClientMessage[], options: FakeServerOptions): void {
  const { onMessage, epoch, greets = true } = options;
  const link: FakeLink = {
    say: (message) => ws.send(JSON.stringify(message)),
    sayText: (text) => ws.send(text),
    sayBytes: (bytes) => ws.send(bytes),
    sayRaw: (bytes) => void stream.write(bytes),
    hang: () => ws.pause(),
    cut: () => ws.terminate(),
    close: (code) => ws.close(code),
  };
  ws.on('message', (data) => {
    const message = decodeClientMessage(String(data));
    heard.push(message);
    if (message.type === 'hello' && greets) link.say({ ...WELCOME, epoch: epoch?.() ?? WELCOME.epoch });
    onMessage?.(message, link);
  });
}
