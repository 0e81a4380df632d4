/** EDGE: the only import of @huggingface/hub. What a repository holds at one commit, and its files from any byte on. */
import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { parseWith, SafelightError } from '../protocol/errors.js';
import { reasonOf, toNetworkError } from '../protocol/network-errors.js';

export const HUB_URL = 'https://huggingface.co';
const DEFAULT_TIMEOUT_MS = 60_000;

export interface HubOptions {
  /** Another host that speaks the hub's API. */
  url?: string;
  /** Sent to that host only, and never printed. */
  token?: string;
  signal?: AbortSignal;
  /** How long the hub may say nothing. */
  timeoutMs?: number;
}

export interface HubModel {
  commit: string;
  licence: string | undefined;
}

export interface HubFile {
  path: string;
  size: number;
  /** Of large files (LFS). */
  sha256?: string;
  /** Of small ones: git's blob hash. */
  gitSha1: string;
}

export interface HubBytes {
  /** Where the bytes begin: 0 when the host does not do ranges. */
  from: number;
  chunks: AsyncIterable<Uint8Array>;
}

/** Every call @throws SafelightError UNAUTHORIZED | MODEL_NOT_FOUND | RATE_LIMITED | CONNECTION_FAILED | BAD_ANSWER */
export interface Hub {
  resolve(id: string, revision: string): Promise<HubModel>;
  files(id: string, commit: string): Promise<HubFile[]>;
  open(id: string, commit: string, path: string, from: number): Promise<HubBytes>;
}

const InfoSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.looseObject({ license: z.unknown() }).nullish(),
});
/** A name that would lead out of the model's folder is refused with the whole answer. */
const PathSchema = z.string().refine((path) => path.split('/').every(isPlainName), 'is no plain path');
const FileSchema = z.object({
  type: z.literal('file'),
  path: PathSchema,
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
});

function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[\\:\0]/.test(name);
}

export function createHub(options: HubOptions = {}): Hub {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const hubUrl = (options.url ?? HUB_URL).replace(/\/+$/, '');
  const asking = (id: string): typeof fetch => {
    const limited = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
    return (input, init) => request(String(input), { ...init, signal: limited }, { ...options, url: hubUrl }, id);
  };
  return {
    async resolve(id, revision) {
      const info = await guard(signal, () =>
        modelInfo({ name: id, revision, hubUrl, additionalFields: ['sha', 'cardData'], fetch: asking(id) }),
      );
      const { sha, cardData } = parseWith(InfoSchema, info, 'BAD_ANSWER');
      return { commit: sha, licence: typeof cardData?.license === 'string' ? cardData.license : undefined };
    },
    async files(id, commit) {
      return guard(signal, async () => {
        const files: HubFile[] = [];
        for await (const entry of listFiles({ repo: id, revision: commit, recursive: true, hubUrl, fetch: asking(id) }))
          if (entry.type === 'file') files.push(toHubFile(entry));
        return files;
      });
    },
    /** Not the package's downloadFile: its Blob hides refusals, and whether the host heeded the range. */
    async open(id, commit, path, from) {
      const watchdog = createWatchdog(timeoutMs, signal);
      const url = `${hubUrl}/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
      const headers = { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) };
      try {
        const response = await request(url, { headers, signal: watchdog.signal }, { ...options, url: hubUrl }, id);
        return { from: startOf(response, from), chunks: readBody(response, watchdog, signal) };
      } catch (error) {
        watchdog.stop();
        throw error;
      }
    },
  };
}

function toHubFile(entry: unknown): HubFile {
  const { path, size, oid, lfs } = parseWith(FileSchema, entry, 'BAD_ANSWER');
  return { path, size: lfs?.size ?? size, gitSha1: oid, sha256: lfs?.oid };
}

/** The package reads the answers' bodies: a cut one is worth another try, one that is no JSON is not. */
async function guard<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof SafelightError) throw cause;
    const isNonsense = cause instanceof SyntaxError || (cause instanceof TypeError && cause.cause === undefined);
    const code = isNonsense ? 'BAD_ANSWER' : 'CONNECTION_FAILED';
    throw new SafelightError(code, `the hub's answer cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function request(url: string, init: RequestInit, hub: HubOptions, id: string): Promise<Response> {
  const isHub = hub.url !== undefined && new URL(url).origin === new URL(hub.url).origin;
  const headers = new Headers(init.headers);
  if (isHub && hub.token !== undefined) headers.set('authorization', `Bearer ${hub.token}`);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (cause) {
    hub.signal?.throwIfAborted();
    throw toNetworkError(cause, url);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw toRefusal(response, hub, id);
}

/** The hub answers 401 for what does not exist, too, so as not to tell of private models. */
function toRefusal({ status, headers }: Response, hub: HubOptions, id: string): SafelightError {
  const page = `${hub.url}/${id}`;
  if (status === 401 || status === 403) {
    const who = hub.token === undefined ? 'set HF_TOKEN to a token' : 'check that HF_TOKEN is a token';
    const words = `the hub does not let you read ${id} (${status}): check the name; if it is right, accept the model's licence`;
    return new SafelightError('UNAUTHORIZED', `${words} at ${page} and ${who} of that account`);
  }
  if (status === 404) {
    const what = headers.get('x-error-code') === 'RevisionNotFound' ? 'no such revision of' : 'no model';
    return new SafelightError('MODEL_NOT_FOUND', `the hub has ${what} ${id}: see ${page}`);
  }
  if (status === 429) return new SafelightError('RATE_LIMITED', 'the hub says: too many requests (429)');
  if (status >= 500) return new SafelightError('CONNECTION_FAILED', `the hub has trouble (${status})`);
  return new SafelightError('BAD_ANSWER', `the hub answered ${status} for ${id}`);
}

function startOf(response: Response, asked: number): number {
  if (response.status !== 206) return 0;
  const start = Number(response.headers.get('content-range')?.match(/^bytes (\d+)-/)?.[1]);
  if (start === asked) return start;
  throw new SafelightError('BAD_ANSWER', `the hub sent other bytes than were asked for, from ${start}, not ${asked}`);
}

interface Watchdog {
  signal: AbortSignal;
  refresh(): void;
  stop(): void;
}

function createWatchdog(timeoutMs: number, signal: AbortSignal | undefined): Watchdog {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`silent for ${timeoutMs / 1000} s`)), timeoutMs).unref();
  return {
    signal: AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])]),
    refresh: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}

async function* readBody(
  response: Response,
  watchdog: Watchdog,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      watchdog.refresh();
      yield chunk;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SafelightError('CONNECTION_FAILED', `the download was cut: ${reasonOf(cause)}`, { cause });
  } finally {
    watchdog.stop();
  }
}
