/** Where a server is: one pasted line, with or without its token, becomes the addresses that a client needs. */
import { SafelightError } from '../protocol/errors.js';

export interface ServerAddress {
  /** Without a slash at the end: routes are appended. */
  http: string;
  webSocket: string;
  token: string | undefined;
}

/**
 * Takes `https://host`, `http://…`, `wss://…`, `ws://…`, with a path, and `#token=…` as the notebook prints it.
 * @param token given beside the URL; it wins over the one in the URL
 * @throws SafelightError INVALID_PARAMS
 */
export function parseAddress(text: string, token?: string): ServerAddress {
  const url = parseUrl(text);
  const inUrl = new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined;
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const rest = `${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return {
    http: `${secure ? 'https' : 'http'}://${rest}`,
    webSocket: `${secure ? 'wss' : 'ws'}://${rest}/ws`,
    token: token ?? inUrl,
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^(https?|wss?):$/.test(url.protocol) && url.username === '') return url;
  const message = 'not the address of a server, which looks like https://host or https://host/#token=…';
  throw new SafelightError('INVALID_PARAMS', `api-url: ${message}`, { issues: [{ path: 'api-url', message }] });
}
