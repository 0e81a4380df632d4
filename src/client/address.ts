/** Where a server is: one pasted line, with or without its token, becomes the addresses that a client needs. */
import { BlockList, isIP } from 'node:net';
import { SafelightError } from '../protocol/errors.js';

export interface ServerAddress {
  /** Without a slash at the end: routes are appended. */
  http: string;
  webSocket: string;
  token: string | undefined;
}

/** What copying leaves in a line and no address holds: line breaks of a narrow window, tabs, zero-width characters. */
const DEBRIS = /[\r\n\t\u200b-\u200d\u2060\ufeff]/g;
/** The first address in a sentence, a shell line or a Markdown link. */
const WITH_SCHEME = /\b(?:https?|wss?):\/\S+/i;
/** `localhost`, `host:port`, `a.name` or `[::1]`, then a path: a word without any of them is not an address. */
const WITHOUT_SCHEME =
  /^(?:localhost|[\w-]+(?=:\d)|[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+|\[[\da-f:.]+\])(?::\d+)?(?:[/?#]\S*)?$/iu;
const BEFORE = /^[\s"'`<(“‘«]+/;
/** Quotes, brackets and the end of a sentence; a token that safelight made ends in a letter, a digit, `-` or `_`. `]` may end an IPv6 address. */
const BEHIND = /[\s"'`>)”’».,;:]+$/;
/** The server's own routes (`server/app.ts`): what stands before them is its address. */
const ROUTE = /\/(?:generate|ws|capabilities|healthz|metrics|throughput|jobs|sdapi)(?:\/.*)?$/i;

const LOCAL_NAME = /^(?:[^.]+|.*\.(?:localhost|local|lan|internal|home\.arpa))$/;
const LOCAL_NETWORKS = createLocalNetworks();

/**
 * Understands `https://host`, `http://…`, `wss://…`, `ws://…`, with `#token=…` as the server prints it, also within quotes, brackets or a
 * shell line; a route of the server's behind it; and `localhost:9123` or `host.ngrok-free.app` without a scheme. Any other path stays:
 * the server may be mounted there (`find-server.ts`).
 * @param token given beside the URL; it wins over the one in the URL
 * @throws SafelightError INVALID_PARAMS
 */
export function parseAddress(text: string, token?: string): ServerAddress {
  const url = parseUrl(text);
  const inUrl = new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined;
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const rest = `${url.host}${url.pathname.replace(/\/+$/, '').replace(ROUTE, '')}`;
  return {
    http: `${secure ? 'https' : 'http'}://${rest}`,
    webSocket: `${secure ? 'wss' : 'ws'}://${rest}/ws`,
    token: token ?? inUrl,
  };
}

/** Would `parseAddress` understand it? */
export function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}

/** One line to keep or to paste: `https://host/#token=…`. */
export function toLine({ http, token }: ServerAddress): string {
  return token === undefined ? http : `${http}/#token=${encodeURIComponent(token)}`;
}

function parseUrl(text: string): URL {
  const url = toUrl(text.replace(DEBRIS, ''));
  if (url === undefined || url.hostname === '')
    throw refusal('not the address of a server, which looks like https://host or https://host/#token=…');
  // Not sent as they are: the token takes the header that they would need.
  if (url.username !== '' || url.password !== '')
    throw refusal('an address with a user name or password is not supported; a token goes behind it, as #token=…');
  return url;
}

function toUrl(text: string): URL | undefined {
  const [withScheme] = WITH_SCHEME.exec(text) ?? [];
  if (withScheme !== undefined) return parse(withScheme.replace(BEHIND, ''));
  const bare = text.replace(BEFORE, '').replace(BEHIND, '');
  const url = WITHOUT_SCHEME.test(bare) ? parse(`https://${bare}`) : undefined;
  return url !== undefined && isLocal(url) ? parse(`http://${bare}`) : url;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** On this machine or in its own network, where servers have no certificates; beyond it a token must not cross in clear text unasked. */
function isLocal({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  return family === 0 ? LOCAL_NAME.test(host) : LOCAL_NETWORKS.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** RFC 1122 (this host, loopback), 1918 (private), 3927 and 4291 (link-local), 6598 (also Tailscale's), 4193 (unique local). */
function createLocalNetworks(): BlockList {
  const list = new BlockList();
  for (const [net, bits] of [
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['169.254.0.0', 16],
    ['100.64.0.0', 10],
  ] as const)
    list.addSubnet(net, bits, 'ipv4');
  list.addSubnet('::', 127, 'ipv6'); // :: and ::1
  list.addSubnet('fc00::', 7, 'ipv6');
  list.addSubnet('fe80::', 10, 'ipv6');
  return list;
}

function refusal(message: string): SafelightError {
  return new SafelightError('INVALID_PARAMS', `api-url: ${message}`, { issues: [{ path: 'api-url', message }] });
}
