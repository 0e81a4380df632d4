/** What the service knows of one account: who may log in, how many may, and which addresses are theirs. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** As ngrok's own look. */
const TOKEN_SHAPE = /^[A-Za-z0-9]{10,}_[A-Za-z0-9]{10,}$/;

export const AuthSchema = z.looseObject({
  ClientId: z.string(),
  Extra: z.looseObject({
    AuthToken: z.string(),
    /** Nanoseconds. */
    HeartbeatInterval: z.number(),
    HeartbeatTolerance: z.number(),
  }),
});

export const BindSchema = z.looseObject({
  Id: z.string(),
  Proto: z.string(),
  Opts: z.looseObject({ Domain: z.string().optional(), Hostname: z.string().optional() }),
});

export interface Account {
  authtoken: string;
  maxSessions: number;
  /** The free plan gives one, which stays. */
  devDomain: string;
  /** Reserved, besides that one. */
  domains: string[];
}

/** Which agent serves a host. */
export interface Endpoint<Agent> {
  id: string;
  host: string;
  agent: Agent;
}

interface Refusal {
  Error: string;
}

export function refusal(text: string, code: string): Refusal {
  return { Error: `${text}\n\n${code}\n` };
}

/** @param live other sessions of the account  @returns undefined = welcome. The texts name the token, as the real ones do. */
export function checkLogin(account: Account, token: string, live: number): Refusal | undefined {
  if (token === '') return refusal('Usage of ngrok requires a verified account and authtoken.', 'ERR_NGROK_4018');
  if (!TOKEN_SHAPE.test(token))
    return refusal(`The authtoken you gave is no proper one. Your authtoken: ${token}`, 'ERR_NGROK_105');
  if (token !== account.authtoken)
    return refusal(`The authtoken you gave is invalid: ${token}\nYou may have reset it.`, 'ERR_NGROK_107');
  if (live < account.maxSessions) return undefined;
  return refusal(`Your account is limited to ${account.maxSessions} simultaneous agent sessions.`, 'ERR_NGROK_108');
}

/** @param taken is the host served by somebody else?  @returns the host, or why not */
export function chooseHost(
  account: Account,
  { Opts: { Domain, Hostname } }: z.infer<typeof BindSchema>,
  taken: (host: string) => boolean,
): string | Refusal {
  const asked = [Domain, Hostname].find((name) => name !== undefined && name !== '');
  const host = asked ?? account.devDomain;
  if (host !== account.devDomain && !account.domains.includes(host))
    return refusal(`The domain '${host}' is not reserved for your account.`, 'ERR_NGROK_320');
  return taken(host) ? refusal(`The endpoint 'https://${host}' is already online.`, 'ERR_NGROK_334') : host;
}

export const randomId = (kind: string) => `${kind}_${randomBytes(8).toString('hex')}`;
