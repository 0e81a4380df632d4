/** A stand-in of ngrok's service on this machine, for the real agent library: one account, one gateway, no network, and faults on demand. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { type Account, AuthSchema, BindSchema, checkLogin, chooseHost, type Endpoint, randomId } from './account.js';
import { type AgentDoor, openAgentDoor } from './agent-door.js';
import { type AgentSession, openAgentSession, STREAM } from './agent-session.js';
import { makeCertificates } from './certificates.js';
import { createPublicSide } from './public-side.js';

/** Where a session is: TLS is up · wants to log in · wants an address · a public connection goes to it. */
export type Phase = 'connected' | 'auth' | 'bind' | 'proxy';
export type Fault = 'rst' | 'fin' | 'goaway' | 'hole';

export interface NgrokService {
  account: Account;
  /** What `--tunnel-server` and `--tunnel-ca` take. */
  readonly ingress: string;
  readonly caFile: string;
  /** The public address of the account's domain, on this machine. */
  readonly url: string;
  readonly door: AgentDoor;
  /** Sessions that were logged in, and are. */
  readonly sessions: readonly AgentSession[];
  /** How many logged in so far. */
  readonly logins: number;
  readonly hosts: readonly string[];
  /** Answers public requests with this from now on. */
  refusal: { status: number; code: string } | undefined;
  /** Once, when a session gets there. */
  faultAt(phase: Phase, fault: Fault): void;
  /** To every session, now. */
  strike(fault: Fault): void;
  /** As the service does it to one endpoint, and keeps the session. */
  stopTunnels(text: string, code: string): void;
  close(): Promise<void>;
}

export async function startNgrokService(options: Partial<Account> = {}): Promise<NgrokService> {
  const account: Account = {
    authtoken: '2standInForTests_0123456789abcdef',
    maxSessions: 3,
    devDomain: 'quiet-lamp-42.ngrok-free.dev',
    domains: [],
    ...options,
  };
  const certificates = makeCertificates();
  const folder = await mkdtemp(join(tmpdir(), 'ngrok-service-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificates.ca);
  const agents = new Map<AgentSession, { line: TLSSocket }>();
  const endpoints = new Map<string, Endpoint<AgentSession>>();
  let planned: { phase: Phase; fault: Fault } | undefined;
  let logins = 0;

  const loggedIn = () => [...agents.keys()].filter(({ id }) => id !== undefined);

  function harm(agent: AgentSession, fault: Fault): void {
    const line = door.lineFrom(agents.get(agent)?.line.remotePort);
    if (fault === 'rst') line?.reset();
    if (fault === 'fin') line?.finish();
    if (fault === 'hole') line?.swallow();
    if (fault === 'goaway') agent.goAway();
  }

  /** @returns may it go on? */
  function reach(phase: Phase, agent: AgentSession): boolean {
    if (planned?.phase !== phase) return true;
    const { fault } = planned;
    planned = undefined;
    harm(agent, fault);
    return false;
  }

  function login(agent: AgentSession, request: unknown): object | undefined {
    if (!reach('auth', agent)) return undefined;
    const { ClientId, Extra } = AuthSchema.parse(request);
    const refused = checkLogin(account, Extra.AuthToken, loggedIn().length);
    if (refused !== undefined) return refused;
    agent.id = ClientId === '' ? randomId('ts') : ClientId;
    agent.expectBeats(Extra.HeartbeatInterval, Extra.HeartbeatTolerance);
    logins += 1;
    return { Version: '3', ClientId: agent.id, Extra: { Version: 'stand-in', Region: 'here', Cookie: 'cookie' } };
  }

  function bind(agent: AgentSession, request: unknown): object | undefined {
    if (!reach('bind', agent)) return undefined;
    const wish = BindSchema.parse(request);
    const host = chooseHost(account, wish, (name) => endpoints.has(name));
    if (typeof host !== 'string') return host;
    const id = wish.Id === '' ? randomId('ep') : wish.Id;
    endpoints.set(host, { id, host, agent });
    // The agent takes the address as it is told: tests without DNS can go there.
    const URL = host === account.devDomain ? service.url : `https://${host}`;
    return { Id: id, URL, Proto: wish.Proto, Opts: { ...wish.Opts, Hostname: host }, Extra: { Token: 'token' } };
  }

  function release(isOver: (endpoint: Endpoint<AgentSession>) => boolean): object {
    for (const [host, endpoint] of endpoints) if (isOver(endpoint)) endpoints.delete(host);
    return {};
  }

  function welcome(line: TLSSocket): void {
    const agent: AgentSession = openAgentSession({
      line,
      answer(type, request) {
        if (type === STREAM.auth) return login(agent, request);
        if (type === STREAM.bind) return bind(agent, request);
        if (type === STREAM.unbind) return release(({ id }) => id === (request as { Id?: string }).Id);
        return { Error: 'not in this stand-in' };
      },
      onEnd() {
        agents.delete(agent);
        release((endpoint) => endpoint.agent === agent);
      },
    });
    agents.set(agent, { line });
    reach('connected', agent);
  }

  const gateway = createTlsServer({ cert: certificates.cert, key: certificates.key }, welcome);
  gateway.on('tlsClientError', () => {}); // a handshake that was cut
  const http = createPublicSide({
    endpointOf: (host) => endpoints.get(host === '127.0.0.1' ? account.devDomain : host),
    refusal: () => service.refusal,
    onProxy: (agent) => void reach('proxy', agent),
  });
  for (const server of [gateway, http]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const door = await openAgentDoor((gateway.address() as AddressInfo).port);

  const service: NgrokService = {
    account,
    ingress: `localhost:${door.port}`,
    caFile,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    door,
    get sessions() {
      return loggedIn();
    },
    get logins() {
      return logins;
    },
    get hosts() {
      return [...endpoints.keys()];
    },
    refusal: undefined,
    faultAt(phase, fault) {
      planned = { phase, fault };
    },
    strike(fault) {
      for (const agent of agents.keys()) harm(agent, fault);
    },
    stopTunnels(text, code) {
      for (const { agent, id } of endpoints.values()) agent.stopTunnel(id, text, code);
    },
    async close() {
      await door.close();
      for (const agent of agents.keys()) agent.end();
      gateway.close();
      http.closeAllConnections();
      http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return service;
}
