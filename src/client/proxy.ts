/** EDGE: the only import of undici. Leads fetch, and the stream below a WebSocket, through the proxy that the environment names. */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { SafelightError } from '../protocol/errors.js';
import { reasonOf, toNetworkError } from '../protocol/network-errors.js';
import { type ChosenProxy, chooseProxy, describeProxy, type Environment, hasProxy } from './proxy-choice.js';

/** For the proxy to answer, and to reach the server. */
const TUNNEL_TIMEOUT_MS = 15_000;
/** undici says in this text only how a proxy refused. */
const REFUSAL = /^Proxy .*\((\d{3})\)/;
/** From connecting, which is always connecting to the proxy; what comes later may be about the server. */
const CONNECT_CODES = /^(E(CONNREFUSED|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH)|UND_ERR_CONNECT_TIMEOUT)$/;

let environment: Environment = {};

/**
 * From now on and for the whole process, as NODE_USE_ENV_PROXY does it at the start of newer versions of Node. Costs nothing where the
 * environment names no proxy. undici's own fetch takes the place of Node's: that one has another undici, which need not know our dispatcher.
 */
export async function useProxies(env: Environment): Promise<void> {
  if (!hasProxy(env)) return;
  environment = env;
  const { Agent, Pool, ProxyAgent, fetch } = await import('undici');
  const dispatcher = new Agent({
    factory(origin, options) {
      const proxy = chooseProxy(origin, env);
      if (proxy === undefined) return new Pool(origin, options);
      // What is not encrypted is forwarded, not tunnelled: many proxies allow tunnels to port 443 only.
      return new ProxyAgent({ uri: proxy.url.origin, token: toCredentials(proxy), proxyTunnel: false });
    },
  });
  const fetchThrough: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const proxy = chooseProxy(url, env);
    try {
      return await fetch(url, { ...init, dispatcher });
    } catch (error) {
      throw proxy === undefined ? error : toProxyError(error, proxy, url);
    }
  };
  Object.assign(globalThis, { fetch: fetchThrough });
}

/**
 * The stream for a WebSocket: through a tunnel of the proxy's (RFC 9110, 9.3.6), and encrypted for `wss:`.
 * @returns undefined where no proxy leads there  @throws SafelightError CONNECTION_FAILED | INVALID_PARAMS; the signal's reason
 */
export async function openTunnel(address: string, signal: AbortSignal | undefined): Promise<Duplex | undefined> {
  const url = new URL(address);
  const proxy = chooseProxy(url, environment);
  if (proxy === undefined) return undefined;
  const { Client } = await import('undici');
  const client = new Client(proxy.url.origin);
  const patience = AbortSignal.timeout(TUNNEL_TIMEOUT_MS);
  try {
    const { socket, statusCode } = await client.connect({
      path: `${url.hostname}:${portOf(url)}`,
      headers: { host: `${url.hostname}:${portOf(url)}`, ...toHeaders(proxy) },
      signal: signal === undefined ? patience : AbortSignal.any([patience, signal]),
    });
    if (statusCode === 200) return url.protocol === 'wss:' ? encrypt(socket, url) : socket;
    socket.destroy();
    throw toRefusal(statusCode, proxy, url);
  } catch (error) {
    signal?.throwIfAborted();
    if (patience.aborted) throw failure(proxy, 'it does not answer in time', error);
    throw toProxyError(error, proxy, url);
  } finally {
    await client.destroy(); // the tunnel is the caller's
  }
}

function encrypt(socket: Duplex, { hostname }: URL): Duplex {
  const host = hostname.replace(/^\[|\]$/g, '');
  // An address is not a server name in TLS, but the certificate is checked for it.
  return connectTls({ socket, host, servername: isIP(host) === 0 ? host : '' });
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'wss:' ? '443' : '80';
}

function toHeaders(proxy: ChosenProxy): Record<string, string> {
  const credentials = toCredentials(proxy);
  return credentials === undefined ? {} : { 'proxy-authorization': credentials };
}

function toCredentials({ url: { username, password } }: ChosenProxy): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`;
}

/** A password with a bare `%` is meant as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toProxyError(error: unknown, proxy: ChosenProxy, url: URL): unknown {
  if (error instanceof SafelightError) return error;
  const [, status] = REFUSAL.exec(reasonOf(error)) ?? [];
  if (status !== undefined) return toRefusal(Number(status), proxy, url);
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const isConnecting = cause instanceof Error && 'code' in cause && CONNECT_CODES.test(String(cause.code));
  return isConnecting ? failure(proxy, toNetworkError(cause, proxy.url).message, error) : error;
}

function toRefusal(status: number, proxy: ChosenProxy, { host }: URL): SafelightError {
  if (status !== 407) return failure(proxy, `it answers ${status} when asked for ${host}`);
  const isGiven = toCredentials(proxy) !== undefined;
  const how = `${proxy.variable}=${proxy.url.protocol}//USER:PASSWORD@${proxy.url.host}`;
  return failure(
    proxy,
    isGiven ? 'it refuses the user name and password' : `it asks for a user name and password: ${how}`,
  );
}

function failure(proxy: ChosenProxy, words: string, cause?: unknown): SafelightError {
  const hint = 'NO_PROXY lists the hosts that need no proxy';
  return new SafelightError('CONNECTION_FAILED', `the proxy ${describeProxy(proxy)}: ${words} (${hint})`, { cause });
}
