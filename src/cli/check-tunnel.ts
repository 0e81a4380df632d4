/** Looks whether `serve --tunnel` could work from here: is there an authtoken, and does ngrok's service answer as itself. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { type Check, failed, passed } from '../client/check.js';
import { type TunnelErrorCode, tunnelErrorOf } from '../protocol/tunnel-errors.js';
import { given } from './env.js';
import { checkIngress, type IngressOptions } from './tunnel-options.js';

/** Where ngrok's agents go. */
const NGROK_INGRESS = 'connect.ngrok-agent.com:443';
const PATIENCE_MS = 5000;

/** @throws SafelightError INVALID_PARAMS naming the option */
export async function checkTunnel(options: IngressOptions): Promise<Check> {
  await checkIngress(options);
  const { tunnelServer = NGROK_INGRESS, tunnelCa } = options;
  if (given(process.env.NGROK_AUTHTOKEN) === undefined)
    return passed('tunnel', 'not set up: NGROK_AUTHTOKEN is not set, which only `serve --tunnel` needs');
  const ca = tunnelCa === undefined ? undefined : await readFile(tunnelCa, 'utf8');
  const trouble = await tryIngress(tunnelServer, ca);
  if (trouble === undefined) return passed('tunnel', `ngrok’s service answers (${tunnelServer})`);
  const { meaning, advice } = tunnelErrorOf(trouble);
  return failed('tunnel', meaning, advice);
}

/** Only the door: whether the authtoken is right is told when a tunnel is opened. */
async function tryIngress(address: string, ca: string | undefined): Promise<TunnelErrorCode | undefined> {
  const { hostname, port } = new URL(`tls://${address}`);
  const socket = connect({ host: hostname, port: Number(port), servername: hostname, ca });
  let isReached = false;
  socket.once('connect', () => {
    isReached = true;
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return undefined;
  } catch {
    return isReached ? 'TLS_REFUSED' : 'NO_WAY_OUT';
  } finally {
    socket.destroy();
  }
}
