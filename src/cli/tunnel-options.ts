/** The options of `safelight serve` that make it public, in one table: parsing and help are made from it, docs/tunnel.md is checked by it. */

import { access } from 'node:fs/promises';
import { usageError } from './failure.js';

/** As commander names the options' values. */
export interface TunnelOptions {
  tunnel?: 'ngrok' | 'cloudflared';
  url?: string;
  ngrokToken?: string;
  domain?: string;
  tunnelServer?: string;
  tunnelCa?: string;
}

export type IngressOptions = Pick<TunnelOptions, 'tunnelServer' | 'tunnelCa'>;

interface OptionRow {
  flags: string;
  description: string;
}

/** Those that are plain texts; `--tunnel` and the authtoken are not. */
export const TUNNEL_TEXT_OPTIONS: readonly OptionRow[] = [
  { flags: '--url <url>', description: 'the public address, where a tunnel of your own leads here' },
  { flags: '--domain <domain>', description: 'of your ngrok account (default: the one that it has)' },
  { flags: '--tunnel-server <host:port>', description: 'ngrok’s agent ingress, where you have your own' },
  { flags: '--tunnel-ca <file>', description: 'the certificate authority of that ingress, PEM' },
];

const HOST_AND_PORT = /^(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i;

/** @throws SafelightError INVALID_PARAMS naming the option */
export async function checkIngress({ tunnelServer, tunnelCa }: IngressOptions): Promise<void> {
  if (tunnelServer !== undefined && !HOST_AND_PORT.test(tunnelServer))
    throw usageError('--tunnel-server: must look like host:port');
  if (tunnelCa !== undefined)
    await access(tunnelCa).catch(() => {
      throw usageError(`--tunnel-ca: ${tunnelCa} cannot be read`);
    });
}
