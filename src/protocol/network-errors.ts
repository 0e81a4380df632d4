/** What stopped a connection, in words for a person: one table for fetch, WebSockets, proxies and the model hub. */
import { SafelightError } from './errors.js';

interface Place {
  /** `host` or `host:port`, as in the address. */
  host: string;
  isSecure: boolean;
}

type Row = readonly [pattern: RegExp, words: (place: Place) => string];

const TRUST_ADVICE =
  'where that is right, name a file with the authority’s certificate (PEM) in NODE_EXTRA_CA_CERTS, and start again';
const CLOSED = ({ host, isSecure }: Place) => {
  const advice = isSecure ? '' : '; if it expects encryption, write https:// instead of http://';
  return `${host} closed the connection without an answer${advice}`;
};

/** By the code of node, undici or OpenSSL, or by the text where there is no code. */
const ROWS: readonly Row[] = [
  [/^ENOTFOUND$/, ({ host }) => `${host} is unknown: check the spelling. The name of a tunnel may have ended with it`],
  [/^EAI_AGAIN$/, ({ host }) => `${host} cannot be looked up: is this machine online?`],
  [/^ECONNREFUSED$/, ({ host }) => `${host} does not answer: no server listens there`],
  [
    /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$|due to timeout/,
    ({ host }) => `${host} does not answer in time`,
  ],
  [/^(EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/, ({ host }) => `${host} cannot be reached: no network leads there`],
  [
    /wrong.version.number|packet.length.too.long|ssl.*http.request/i,
    ({ host }) => `${host} does not speak TLS: write http:// instead of https://`,
  ],
  [/^HPE_/, ({ host, isSecure }) => `${host} does not speak HTTP${isSecure ? '' : ': does it expect https://?'}`],
  [/^CERT_HAS_EXPIRED$/, ({ host }) => `the certificate of ${host} has expired, or this machine’s clock is wrong`],
  [/^CERT_NOT_YET_VALID$/, ({ host }) => `the certificate of ${host} is not valid yet: is this machine’s clock right?`],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, ({ host }) => `${host} has the certificate of another name`],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA/,
    ({ host }) =>
      `the certificate of ${host} is not trusted here, as that of a company’s proxy may be: ${TRUST_ADVICE}`,
  ],
  [/^(EPROTO|ERR_SSL_)/, ({ host }) => `${host} and this machine cannot agree on TLS`],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, CLOSED],
  // What ws says of an upgrade that is not ours.
  [/subprotocol|Sec-WebSocket|Upgrade header/i, ({ host }) => `${host} answers, but is not a safelight server`],
  [/^bad port$/, ({ host }) => `${host}: HTTP clients may not use this port; let the server listen on another one`],
];

/** @param url where the connection was to lead  @returns CONNECTION_FAILED; a SafelightError that was thrown on the way, as it is */
export function toNetworkError(thrown: unknown, url: string | URL): SafelightError {
  const cause = deepestCause(thrown);
  if (cause instanceof SafelightError) return cause;
  const { host, protocol } = new URL(url);
  const place = { host, isSecure: protocol === 'https:' || protocol === 'wss:' };
  const words = wordsOf(cause, place) ?? `${host} does not answer: ${reasonOf(cause)}`;
  return new SafelightError('CONNECTION_FAILED', words, { cause: thrown });
}

/** Without the place, where a connection broke that had worked: the code's meaning is not of interest there. */
export function reasonOf(thrown: unknown): string {
  const cause = deepestCause(thrown);
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' ? codeOf(cause) : cause.message;
}

function wordsOf(cause: unknown, place: Place): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const signs = [codeOf(cause), cause.message];
  return ROWS.find(([pattern]) => signs.some((sign) => pattern.test(sign)))?.[1](place);
}

/** fetch hides what happened one or two causes deep. */
function deepestCause(thrown: unknown): unknown {
  return thrown instanceof Error && !(thrown instanceof SafelightError) && thrown.cause !== undefined
    ? deepestCause(thrown.cause)
    : thrown;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
