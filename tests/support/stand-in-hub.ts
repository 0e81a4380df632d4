/** A hub of our own: the parts of Hugging Face's HTTP API that a pull uses, on two local servers, with faults on order. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';

/** What happens to the next request for a file's bytes. */
export type Fault =
  /** The line is cut, or goes silent, when so many bytes of the answer are out. */
  | { kind: 'cut' | 'stall'; afterBytes: number }
  /** The right number of other bytes. */
  | { kind: 'wrong-bytes' }
  | { kind: 'no-range' }
  | { kind: 'status'; status: number };

export interface StandInHub {
  url: string;
  /** Contents by path; may be changed between pulls, with `commit`. */
  files: Map<string, Buffer>;
  commit: string;
  /** Any status but 200 is the answer to every question about the model. */
  status: number;
  /** By path; taken from the front, one a request. */
  faults: Map<string, Fault[]>;
  /** Of files' bytes, in order. `host` is the one that the API has, or the one that large files are sent from. */
  downloads: { path: string; host: 'hub' | 'cdn'; range: string | undefined; sentBytes: number; token: boolean }[];
  close(): Promise<void>;
}

export const MODEL_ID = 'someone/tiny-sd';
/** Files of at least this many bytes are LFS here. */
const LFS_BYTES = 10_000;
const PAGE = 5;

export function readFolder(dir: string): Map<string, Buffer> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => relative(dir, join(parentPath, name)));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(dir, path))]));
}

export async function startStandInHub(files: Map<string, Buffer>): Promise<StandInHub> {
  const cdn = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname.slice(1));
    sendBytes(hub, 'cdn', path, request, response);
  });
  const main = createServer((request, response) => answer(hub, cdnUrl, request, response));
  const cdnUrl = await listen(cdn);
  const url = await listen(main);
  const hub: StandInHub = {
    url,
    files,
    commit: 'c'.repeat(40),
    status: 200,
    faults: new Map(),
    downloads: [],
    close: async () => void (await Promise.all([stop(main), stop(cdn)])),
  };
  return hub;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

function answer(hub: StandInHub, cdnUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', hub.url);
  const api = `/api/models/${MODEL_ID}`;
  const resolve = `/${MODEL_ID}/resolve/${hub.commit}/`;
  if (hub.status !== 200) sendJson(response, hub.status, { error: 'no' });
  else if (url.pathname === `${api}/revision/main` || url.pathname === `${api}/revision/${hub.commit}`) {
    sendJson(response, 200, { _id: 'x', id: MODEL_ID, sha: hub.commit, cardData: { license: 'mit' }, lastModified: 0 });
  } else if (url.pathname.startsWith(`${api}/revision/`)) {
    response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
  } else if (url.pathname === `${api}/tree/${hub.commit}`) sendTree(hub, url, response);
  else if (url.pathname.startsWith(resolve)) {
    const path = decodeURIComponent(url.pathname.slice(resolve.length));
    const bytes = hub.files.get(path);
    if (bytes === undefined) response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    else if (bytes.length < LFS_BYTES) sendBytes(hub, 'hub', path, request, response);
    else
      response.writeHead(302, { location: `${cdnUrl}/${path}`, 'x-linked-etag': `"${hash('sha256', bytes)}"` }).end();
  } else response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** In pages, as the hub sends a long listing. */
function sendTree(hub: StandInHub, url: URL, response: ServerResponse): void {
  const start = Number(url.searchParams.get('cursor') ?? 0);
  const all = [...hub.files].map(([path, bytes]) => toEntry(path, bytes));
  const folders = [...new Set(all.map(({ path }) => path.split('/')))].filter((parts) => parts.length > 1);
  const entries = [...folders.map(([path]) => ({ type: 'directory', oid: 'd'.repeat(40), size: 0, path })), ...all];
  if (start + PAGE < entries.length) {
    url.searchParams.set('cursor', String(start + PAGE));
    response.setHeader('link', `<${url}>; rel="next"`);
  }
  sendJson(response, 200, entries.slice(start, start + PAGE));
}

function toEntry(path: string, bytes: Buffer) {
  const size = bytes.length;
  if (size < LFS_BYTES) {
    return { type: 'file', path, size, oid: hash('sha1', Buffer.concat([Buffer.from(`blob ${size}\0`), bytes])) };
  }
  const lfs = { oid: hash('sha256', bytes), size, pointerSize: 132 };
  return { type: 'file', path, size, oid: 'f'.repeat(40), lfs, xetHash: 'e'.repeat(64) };
}

function hash(name: 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(name).update(bytes).digest('hex');
}

function sendBytes(
  hub: StandInHub,
  host: 'hub' | 'cdn',
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const fault = hub.faults.get(path)?.shift();
  const whole = hub.files.get(path) ?? Buffer.alloc(0);
  const { range, authorization } = request.headers;
  const from = fault?.kind === 'no-range' ? 0 : Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  let body = whole.subarray(from);
  if (fault?.kind === 'wrong-bytes') body = Buffer.alloc(body.length, 7);
  const isBroken = fault?.kind === 'cut' || fault?.kind === 'stall';
  const sent = isBroken ? body.subarray(0, fault.afterBytes) : body;
  const sentBytes = fault?.kind === 'status' ? 0 : sent.length;
  hub.downloads.push({ path, host, range, sentBytes, token: authorization !== undefined });
  if (fault?.kind === 'status') return void response.writeHead(fault.status).end();
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': body.length,
    etag: `"${hash('sha1', whole)}"`,
    ...(from > 0 && { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
  });
  if (!isBroken) return void response.end(body);
  // FIN, not RST: the bytes that were sent arrive.
  response.write(sent, () => fault.kind === 'cut' && response.socket?.end());
}
