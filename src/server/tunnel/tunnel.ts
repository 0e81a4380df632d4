/** A way in from the internet to the server on this machine: kept up until it is stopped, or refused for good. */
import { fileURLToPath } from 'node:url';
import { DEFAULT_TIMING, type TunnelTiming } from './restart-plan.js';
import { superviseTunnel } from './supervisor.js';
import type { ChildSettings } from './tunnel-messages.js';
import { startTunnelProcess } from './tunnel-process.js';

export interface TunnelHandlers {
  /** For the first time, or again. */
  onUp(url: string): void;
  /** Lost, or not to be had; the next try comes in `retryMs`. */
  onDown(reason: string, retryMs: number): void;
  /** It will not be tried again. */
  onFatal(code: string, help: string): void;
}

export interface Tunnel {
  /** Resolves when it is up for the first time, however long that takes. @throws SafelightError TUNNEL_REFUSED | CANCELLED (stopped) */
  start(): Promise<{ url: string }>;
  /** Resolves when its process is gone. Twice is safe. */
  stop(): Promise<void>;
}

interface TunnelOptions {
  /** The server, as it is reached on this machine: `http://127.0.0.1:8000`. */
  upstream: string;
  handlers: TunnelHandlers;
  timing?: TunnelTiming;
}

export interface NgrokOptions extends TunnelOptions {
  authtoken: string;
  /** Left out = the one that the account has. */
  domain?: string | undefined;
  /** `host:port` of an ingress of one's own. */
  ingress?: string | undefined;
  /** A file with the certificate authority of that ingress. */
  caFile?: string | undefined;
}

const NGROK_ENTRY = fileURLToPath(new URL('./ngrok-child.js', import.meta.url));
const CLOUDFLARED_ENTRY = fileURLToPath(new URL('./cloudflared-child.js', import.meta.url));

/** @param entry the child's script; another one in tests */
export function createNgrokTunnel(options: NgrokOptions, entry: string = NGROK_ENTRY): Tunnel {
  const { upstream, authtoken, domain, ingress, caFile, timing = DEFAULT_TIMING } = options;
  const { heartbeatSeconds } = timing;
  return create({ kind: 'ngrok', upstream, authtoken, domain, ingress, caFile, heartbeatSeconds }, entry, options);
}

/** A quick tunnel: no account, and another address with each start. */
export function createCloudflaredTunnel(options: TunnelOptions, entry: string = CLOUDFLARED_ENTRY): Tunnel {
  const { upstream, timing = DEFAULT_TIMING } = options;
  return create({ kind: 'cloudflared', upstream, lostMs: timing.lostMs }, entry, options);
}

function create(settings: ChildSettings, entry: string, { handlers, timing = DEFAULT_TIMING }: TunnelOptions): Tunnel {
  return superviseTunnel({ launch: (onUp) => startTunnelProcess({ entry, settings, onUp }), handlers, timing });
}
