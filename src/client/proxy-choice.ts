/** Which proxy leads to an address, as HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say it. */
import { BlockList, isIP } from 'node:net';
import { SafelightError } from '../protocol/errors.js';
import { isThisMachine } from './this-machine.js';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ChosenProxy {
  /** `http:` or `https:`; with user name and password, if the variable has them: never to be printed. */
  url: URL;
  /** The variable that names it, for messages. */
  variable: string;
}

const NAMES = ['http_proxy', 'https_proxy', 'all_proxy'] as const;

export function hasProxy(env: Environment): boolean {
  return NAMES.some((name) => read(env, name) !== undefined);
}

/**
 * The scheme's own variable goes before ALL_PROXY, and lower case before upper, as in curl. This machine is never behind a proxy.
 * @param url of any scheme of HTTP and WebSocket
 * @returns undefined = directly  @throws SafelightError INVALID_PARAMS: the variable holds no address of an HTTP proxy
 */
export function chooseProxy(url: string | URL, env: Environment): ChosenProxy | undefined {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:';
  const found = read(env, isSecure ? 'https_proxy' : 'http_proxy') ?? read(env, 'all_proxy');
  if (found === undefined || isExempt(target, isSecure, read(env, 'no_proxy')?.value ?? '')) return undefined;
  return { url: toProxyUrl(found), variable: found.variable };
}

/** Without its credentials: `http://proxy.example:3128 (HTTPS_PROXY)`. */
export function describeProxy({ url, variable }: ChosenProxy): string {
  return `${url.protocol}//${url.host} (${variable})`;
}

interface Setting {
  variable: string;
  value: string;
}

/** An empty variable is one that was not set. */
function read(env: Environment, name: string): Setting | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable]?.trim();
    if (value !== undefined && value !== '') return { variable, value };
  }
  return undefined;
}

/** `proxy:3128` is an HTTP proxy, as for curl. The value is not repeated in the refusal: it may hold a password. */
function toProxyUrl({ variable, value }: Setting): URL {
  const text = /^[a-z][\w+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  const what =
    url !== undefined && /^socks/.test(url.protocol) ? 'a SOCKS proxy is not supported' : 'not a proxy’s address';
  throw new SafelightError(
    'INVALID_PARAMS',
    `${variable}: ${what}; it must look like http://host:port. NO_PROXY lists the hosts that need none`,
  );
}

/** @param noProxy `*`, or hosts, addresses and networks (`10.0.0.0/8`), each with `:port` or without, between commas or spaces */
function isExempt(target: URL, isSecure: boolean, noProxy: string): boolean {
  if (isThisMachine(target.hostname)) return true;
  const host = toHost(target.hostname);
  const port = target.port === '' ? (isSecure ? '443' : '80') : target.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, port));
}

/** `example.org`, `.example.org` and `*.example.org` all mean the name and what is below it, as in curl and Go. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const { name, wanted = port } = splitPort(entry);
  if (wanted !== port) return false;
  if (isIP(host) !== 0) return isInNetwork(host, name);
  const suffix = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

/** An IPv6 address with a port stands in brackets; without a port it need not. */
function splitPort(entry: string): { name: string; wanted?: string } {
  if (isIP(entry) === 6) return { name: entry };
  const [, name = entry, wanted] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: toHost(name), ...(wanted !== undefined && { wanted }) };
}

function isInNetwork(host: string, entry: string): boolean {
  const [net, bits] = entry.split('/');
  const family = isIP(net);
  const size = Number(bits ?? (family === 6 ? 128 : 32));
  if (family === 0 || !(Number.isInteger(size) && size >= 0 && size <= (family === 6 ? 128 : 32))) return false;
  const list = new BlockList();
  list.addSubnet(net, size, family === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

/** As `URL` has it, without an IPv6 address's brackets and a name's last dot. */
function toHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
