/** How `safelight serve` becomes public: which tunnel was asked for, and what is told of it. */
import { toTunnelError } from '../protocol/tunnel-errors.js';
import type { Log } from '../server/log.js';
import {
  createCloudflaredTunnel,
  createNgrokTunnel,
  type Tunnel,
  type TunnelHandlers,
} from '../server/tunnel/tunnel.js';
import { given } from './env.js';
import { usageError } from './failure.js';
import { checkIngress, type TunnelOptions } from './tunnel-options.js';

export type OpenTunnel = (upstream: string, handlers: TunnelHandlers) => Tunnel;

/** More than any quick retry waits. */
const SLOW_MS = 10_000;

/** @returns undefined where none was asked for  @throws SafelightError INVALID_PARAMS | TUNNEL_REFUSED (no authtoken) */
export async function chooseTunnel(options: TunnelOptions): Promise<OpenTunnel | undefined> {
  if (options.tunnel === 'ngrok') return chooseNgrok(options);
  for (const [option, flag] of [
    ['domain', '--domain'],
    ['tunnelServer', '--tunnel-server'],
    ['tunnelCa', '--tunnel-ca'],
  ] as const)
    if (options[option] !== undefined) throw usageError(`${flag}: is for --tunnel ngrok`);
  if (options.tunnel === undefined) return undefined;
  return (upstream, handlers) => createCloudflaredTunnel({ upstream, handlers });
}

async function chooseNgrok({ ngrokToken, domain, tunnelServer, tunnelCa }: TunnelOptions): Promise<OpenTunnel> {
  const authtoken = given(ngrokToken);
  if (authtoken === undefined) throw toTunnelError('ERR_NGROK_4018');
  if (domain !== undefined && !/^[\w.-]+$/.test(domain)) throw usageError('--domain: must be a name as my.ngrok.app');
  await checkIngress({ tunnelServer, tunnelCa });
  const settings = { authtoken, domain, ingress: tunnelServer, caFile: tunnelCa };
  return (upstream, handlers) => createNgrokTunnel({ ...settings, upstream, handlers });
}

/** Without a slash at the end. @throws SafelightError INVALID_PARAMS */
export function toPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== '' || url.search !== '')
    throw usageError('--url: must look like https://host');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The one place where the token is told: on stdout, for the person who started the server. */
export function toBanner(url: string, token: string): string {
  const line = `${url}/#token=${token}`;
  return [
    '',
    '  safelight is public. Paste this line where a server is asked for:',
    '',
    `    ${line}`,
    '',
    '  or draw with it from any machine that has safelight:',
    '',
    `    npm start -- --api-url "${line}"`,
    '',
    '',
  ].join('\n');
}

/** What becomes of the tunnel goes to the log; an address is told once, and again when it is another one. */
export function tellTunnel(log: Log, announce: (url: string) => void): TunnelHandlers {
  let announced: string | undefined;
  const told = new Set<string>();
  return {
    onUp(url) {
      if (url !== announced) announce(url);
      announced = url;
      told.clear();
      log('tunnel is up', { level: 'info', url });
    },
    onDown(reason, retryMs) {
      // Hours of the same are one line; a longer wait than before is news.
      const news = `${reason} ${retryMs > SLOW_MS}`;
      if (!told.has(news)) log('tunnel is down', { reason, retryMs: Math.round(retryMs) });
      told.add(news);
    },
    onFatal(code, help) {
      // Before, the server ends with these words.
      if (announced !== undefined) log('tunnel is refused', { level: 'error', code, reason: help });
    },
  };
}
