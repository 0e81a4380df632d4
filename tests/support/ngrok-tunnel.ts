/** The real ngrok library in its real child process, on the stand-in service: for tests of the tunnel without a server behind it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { WebSocketServer } from 'ws';
import { DEFAULT_TIMING, type TunnelTiming } from '../../src/server/tunnel/restart-plan.js';
import { createNgrokTunnel, type NgrokOptions, type Tunnel } from '../../src/server/tunnel/tunnel.js';
import { type NgrokService, startNgrokService } from './ngrok-service/ngrok-service.js';

const ENTRY = resolve(import.meta.dirname, '../../dist/server/tunnel/ngrok-child.js');

/** A second where the real ones wait ten; time to start a process on a busy machine. */
export const QUICK: TunnelTiming = {
  ...DEFAULT_TIMING,
  startMs: 5000,
  firstRetryMs: 20,
  maxRetryMs: 200,
  heartbeatSeconds: 1,
};

export type Heard = ['up', string] | ['down', string, number] | ['fatal', string, string];

export interface NgrokRig {
  service: NgrokService;
  /** What stands behind the tunnel: echoes bodies and WebSocket messages, tells headers. */
  upstream: Server;
  upstreamUrl: string;
  /** Everything that the tunnels told. */
  heard: Heard[];
  open(options?: Partial<NgrokOptions>): Tunnel;
  /** Resolves when a public request is answered. @throws Error when none is for long */
  served(): Promise<void>;
}

export async function createNgrokRig(
  onFinished: (undo: () => Promise<void>) => void,
  account: Parameters<typeof startNgrokService>[0] = {},
): Promise<NgrokRig> {
  const service = await startNgrokService(account);
  const upstream = createServer((request, response) => {
    response.setHeader('x-heard', JSON.stringify(request.headers));
    request.pipe(response);
  });
  const sockets = new WebSocketServer({ server: upstream, perMessageDeflate: false });
  sockets.on('connection', (ws) => ws.on('error', () => {}).on('message', (data, binary) => ws.send(data, { binary })));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const heard: Heard[] = [];
  const tunnels: Tunnel[] = [];
  onFinished(async () => {
    await Promise.all(tunnels.map((tunnel) => tunnel.stop()));
    for (const ws of sockets.clients) ws.terminate();
    upstream.closeAllConnections();
    upstream.close();
    await service.close();
  });
  return {
    service,
    upstream,
    upstreamUrl,
    heard,
    open(options) {
      const tunnel = createNgrokTunnel(
        {
          upstream: upstreamUrl,
          authtoken: service.account.authtoken,
          ingress: service.ingress,
          caFile: service.caFile,
          timing: QUICK,
          handlers: {
            onUp: (url) => heard.push(['up', url]),
            onDown: (reason, retryMs) => heard.push(['down', reason, retryMs]),
            onFatal: (code, help) => heard.push(['fatal', code, help]),
          },
          ...options,
        },
        ENTRY,
      );
      tunnels.push(tunnel);
      tunnel.start().catch(() => {}); // told to the handlers, too
      return tunnel;
    },
    served: () => served(service.url),
  };
}

const PATIENCE_MS = 60_000;

async function served(url: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const isOk = await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error('nothing was served through the tunnel');
}
