/** What tunnels say instead of the server: one row a code, for the server that opens the tunnel and the client that comes through it. */
import { SafelightError } from './errors.js';

/** Between two tries where more of them would not help, or count against a limit. */
export const SLOW_RETRY_MS = 60_000;

export interface TunnelErrorRow {
  /** Who meets it: the server while it opens the tunnel, or a client whose request does not get through. */
  seenBy: 'server' | 'client';
  /** Does the same again help? `slowly` = after a minute. */
  retry: 'yes' | 'slowly' | 'no';
  meaning: string;
  advice: string;
}

const AUTHTOKEN_PAGE = 'https://dashboard.ngrok.com/get-started/your-authtoken';
const OTHER_TUNNEL = 'use another tunnel (serve --tunnel cloudflared, or --url)';
const SERVER_LOG = 'it is tried again; the server’s log may say more';

function server(retry: TunnelErrorRow['retry'], meaning: string, advice: string): TunnelErrorRow {
  return { seenBy: 'server', retry, meaning, advice };
}

function client(retry: TunnelErrorRow['retry'], meaning: string, advice: string): TunnelErrorRow {
  return { seenBy: 'client', retry, meaning, advice };
}

const account = (meaning: string) =>
  server('no', meaning, 'see the account at https://dashboard.ngrok.com, then start again');
const otherDomain = (meaning: string) => server('no', meaning, 'leave --domain out, or name one of your own');
const tooOld = (meaning: string) => server('no', meaning, 'update safelight');
const upstream = (meaning: string) => client('yes', meaning, SERVER_LOG);
const monthly = (what: string) =>
  client('no', `${what} of the ngrok account are used up`, `wait for the next month, or ${OTHER_TUNNEL}`);
const perMinute = (what: string) => client('slowly', `too many ${what} in a minute`, 'it is tried again in a minute');
const draining = (meaning: string) => client('yes', meaning, 'it is tried again');

/** ngrok's codes as it writes them; those without a number are ours, for what has none. */
export const TUNNEL_ERRORS = {
  ERR_NGROK_4018: server(
    'no',
    'ngrok wants an account’s authtoken',
    `copy it from ${AUTHTOKEN_PAGE} to NGROK_AUTHTOKEN`,
  ),
  ERR_NGROK_105: server('no', 'the authtoken is none of ngrok’s', `copy it again from ${AUTHTOKEN_PAGE}`),
  ERR_NGROK_106: server(
    'no',
    'the authtoken is one of ngrok’s first version',
    `copy the new one from ${AUTHTOKEN_PAGE}`,
  ),
  ERR_NGROK_107: server('no', 'the authtoken is not valid any more', `copy the new one from ${AUTHTOKEN_PAGE}`),
  ERR_NGROK_108: server(
    'slowly',
    'as many ngrok agents run as the account may have (3 on the free plan)',
    'stop old notebooks at https://dashboard.ngrok.com/agents',
  ),
  ERR_NGROK_334: server(
    'yes',
    'the address is still taken, often by the last run',
    'where it does not clear in a minute, stop the other notebook',
  ),
  ERR_NGROK_120: tooOld('ngrok does not take this version of its agent any more'),
  ERR_NGROK_121: tooOld('ngrok does not take this version of its agent for this account'),
  ERR_NGROK_102: account('the last payment for the ngrok account failed'),
  ERR_NGROK_103: account('the ngrok account is suspended'),
  ERR_NGROK_123: account('the ngrok account’s e-mail address is not verified'),
  ERR_NGROK_8014: account('ngrok has blocked this agent'),
  ERR_NGROK_320: otherDomain('the domain is not this account’s'),
  ERR_NGROK_313: otherDomain('only paid accounts choose a domain'),
  ERR_NGROK_15013: server(
    'no',
    'the account has no dev domain yet',
    'make one at https://dashboard.ngrok.com/domains, or leave --domain out',
  ),
  NO_WAY_OUT: server(
    'yes',
    'ngrok’s service cannot be reached',
    'is connect.ngrok-agent.com:443 allowed here, without a proxy, and does its name resolve?',
  ),
  TLS_REFUSED: server(
    'yes',
    'what answered for ngrok’s service is not it',
    'a proxy in between may open TLS; with an ingress of your own say --tunnel-ca',
  ),
  NGROK_MISSING: server('no', 'ngrok’s library has no build for this machine', OTHER_TUNNEL),
  CLOUDFLARED_MISSING: server(
    'no',
    'there is no program cloudflared on the PATH',
    'install it from https://github.com/cloudflare/cloudflared/releases, or use serve --tunnel ngrok',
  ),
  CLOUDFLARE_1015: server(
    'slowly',
    'too many tunnels were asked for from this machine',
    'it is tried again in a minute',
  ),
  ERR_NGROK_3200: client(
    'yes',
    'no server is behind this address now',
    'does the notebook still run? If not, start it again; resume brings the pictures',
  ),
  BACKEND_DOWN: client('yes', 'the tunnel is up, but no server is behind it', 'start the server again'),
  ERR_NGROK_8012: upstream('the tunnel is up, but no server is behind it'),
  ERR_NGROK_3004: upstream('the server’s answer was not HTTP'),
  ERR_NGROK_3005: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3006: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3007: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3008: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3009: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3010: upstream('ngrok’s gateway failed'),
  ERR_NGROK_3210: upstream('ngrok could not pass the request on to the server'),
  ERR_NGROK_6528: upstream('no server is behind this address now'),
  ERR_NGROK_725: monthly('this month’s bytes'),
  ERR_NGROK_726: monthly('this month’s connections'),
  ERR_NGROK_727: monthly('this month’s requests'),
  ERR_NGROK_728: monthly('this month’s connections'),
  ERR_NGROK_731: monthly('this month’s connections'),
  ERR_NGROK_702: perMinute('connections'),
  ERR_NGROK_703: perMinute('connections'),
  ERR_NGROK_715: perMinute('requests'),
  ERR_NGROK_734: perMinute('requests'),
  ERR_NGROK_742: draining('ngrok takes this gateway out of service'),
  ERR_NGROK_743: draining('ngrok has too much to do'),
  ERR_NGROK_803: draining('ngrok takes this gateway out of service'),
  ERR_NGROK_128: draining('ngrok has too much to do'),
  ERR_NGROK_6024: client(
    'no',
    'ngrok answered with its warning page for browsers',
    'a bug of safelight, please report it',
  ),
  CLOUDFLARE_1033: client(
    'yes',
    'no cloudflared is behind this address now',
    'each start of it has another address: copy the newest line of the server',
  ),
} as const satisfies Record<string, TunnelErrorRow>;

export type TunnelErrorCode = keyof typeof TUNNEL_ERRORS;

/** What is written where the code is one that this table does not know. */
function unknown(code: string): TunnelErrorRow {
  const page = `https://ngrok.com/docs/errors/${code.toLowerCase()}`;
  return { seenBy: 'client', retry: 'yes', meaning: 'an error of ngrok’s', advice: `see ${page}` };
}

export function tunnelErrorOf(code: string): TunnelErrorRow {
  return Object.hasOwn(TUNNEL_ERRORS, code) ? TUNNEL_ERRORS[code as TunnelErrorCode] : unknown(code);
}

/** What a person reads: what it means, what to do, and the code to look for. */
export function toTunnelWords(code: string): string {
  const { meaning, advice } = tunnelErrorOf(code);
  return `${meaning}: ${advice} (${code})`;
}

/** Of a text in which a service, or its SDK, names one. */
export function findNgrokCode(text: string): string | undefined {
  return /\bERR_NGROK_\d{1,6}\b/.exec(text)?.[0];
}

/** For good, or for now. */
export function toTunnelError(code: string): SafelightError {
  const { retry } = tunnelErrorOf(code);
  const retryAfterMs = retry === 'slowly' ? SLOW_RETRY_MS : undefined;
  return new SafelightError(retry === 'no' ? 'TUNNEL_REFUSED' : 'CONNECTION_FAILED', toTunnelWords(code), {
    retryAfterMs,
  });
}

/**
 * The tunnel in front answers in its own name: a header that only ngrok can set tells it from the server's own refusals.
 * @param ngrokCode that header  @returns undefined where it is the server that speaks
 */
export function tunnelCodeOf(status: number, ngrokCode: string | null | undefined, text: string): string | undefined {
  if (ngrokCode !== null && ngrokCode !== undefined) return findNgrokCode(ngrokCode) ?? 'ERR_NGROK_0';
  // ngrok's agent itself, which has no code for it.
  if (status === 502 && text.startsWith('failed to dial backend')) return 'BACKEND_DOWN';
  if (status === 530 && /\b1033\b/.test(text)) return 'CLOUDFLARE_1033';
  return undefined;
}
