/** What the internet sees: HTTP that is parsed here, passed through the agent that serves the host, or refused in the service's own name. */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './account.js';
import type { AgentSession } from './agent-session.js';

export interface PublicSideOptions {
  endpointOf: (host: string) => Endpoint<AgentSession> | undefined;
  /** Instead of passing it on: a quota that is used up. */
  refusal: () => { status: number; code: string } | undefined;
  onProxy: (agent: AgentSession) => void;
}

/** Without a port. */
const hostOf = ({ headers }: IncomingMessage) => headers.host?.replace(/:\d+$/, '') ?? '';

export function createPublicSide({ endpointOf, refusal, onProxy }: PublicSideOptions): Server {
  /** @returns the endpoint, or what to say instead */
  function admit(request: IncomingMessage): Endpoint<AgentSession> | { status: number; code: string } {
    const refused = refusal();
    if (refused !== undefined) return refused;
    const endpoint = endpointOf(hostOf(request));
    if (endpoint === undefined) return { status: 404, code: 'ERR_NGROK_3200' };
    const { 'user-agent': agent = '', 'ngrok-skip-browser-warning': skip } = request.headers;
    if (agent.startsWith('Mozilla/') && skip === undefined) return { status: 511, code: 'ERR_NGROK_6024' };
    return endpoint;
  }

  function openProxy({ agent, id }: Endpoint<AgentSession>, { socket }: IncomingMessage): Duplex {
    const stream = agent.proxy(id, `${socket.remoteAddress}:${socket.remotePort}`);
    onProxy(agent);
    return stream;
  }

  const http = createServer((request, response) => {
    const endpoint = admit(request);
    if ('code' in endpoint) return void refuse(response, endpoint);
    const stream = openProxy(endpoint, request);
    const { method = 'GET', url: path } = request;
    const inner = httpRequest({ method, path, headers: forwarded(request), createConnection: () => stream });
    inner.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response).on('error', () => {});
      answer.on('error', () => response.destroy());
    });
    inner.on('error', () => {
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 502, code: 'ERR_NGROK_3210' });
    });
    response.on('close', () => void (response.writableFinished || stream.destroy()));
    request.pipe(inner);
  });

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {}); // 'close' follows
    const endpoint = admit(request);
    if ('code' in endpoint) {
      const { status, code } = endpoint;
      socket.end(
        `HTTP/1.1 ${status} No\r\nngrok-error-code: ${code}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    const stream = openProxy(endpoint, request);
    const headers = Object.entries(forwarded(request)).map(([name, value]) => `${name}: ${value}\r\n`);
    stream.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
    stream.write(head);
    socket.pipe(stream).pipe(socket);
    socket.on('close', () => stream.destroy());
    stream.on('close', () => socket.destroy());
  });
  return http;
}

function refuse(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'ngrok-error-code': code });
  response.end(`The request did not reach the server.\r\n\r\n${code}\r\n`);
}

function forwarded({ headers, socket }: IncomingMessage): Record<string, string | string[] | undefined> {
  return {
    ...headers,
    'x-forwarded-for': socket.remoteAddress,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': headers.host,
  };
}
