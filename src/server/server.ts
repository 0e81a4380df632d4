/** The server as one value: checks the model, starts the engine, listens; `close()` undoes it. */
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { encodePreview } from '../engine/image.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import { type Capabilities, PROTOCOL_VERSION } from '../protocol/messages.js';
import { PARAM_LIMITS, SCHEDULER_NAMES } from '../protocol/params.js';
import { createApp } from './app.js';
import { type Authorize, createAuthorize, createToken, isLoopback } from './auth.js';
import { type Connection, openConnection } from './connection.js';
import { lockDataDir } from './data-lock.js';
import { chooseDevice } from './device-check.js';
import { createEngineProcess, type Engine, type EngineProcessOptions } from './engine-process.js';
import { MAX_BODY_BYTES } from './http-body.js';
import { toErrorResponse } from './http-error.js';
import { createHttpListener } from './http-listener.js';
import { createImageStore } from './image-store.js';
import { type JobQueue, openJobQueue } from './job-queue.js';
import { createJobStore } from './job-store.js';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
import type { Log } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';
import { type ModelCatalog, readModelCatalog } from './model-catalog.js';
import { createPreviewCache } from './preview-cache.js';
import { createSocketServer, type Socket } from './socket.js';
import { createTokenBucket } from './token-bucket.js';
import { readServerName } from './version.js';

/** 128 bits in base64. */
const STRONG_TOKEN_CHARS = 22;
const RETRY_AFTER_MS = 1000;
/** By then half-open sockets have been found out. */
const RETRY_FULL_MS = 4000;

export interface ServerOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Left out where others can reach the server: one is made. */
  token?: string | undefined;
  /** Others can reach it, whatever address it listens on. */
  hasTunnel?: boolean;
  /** Web pages that may use the server, as `https://host`. */
  allowedOrigins?: readonly string[];
  /** The first is the default. */
  modelDirs: readonly string[];
  /** One of `DEVICES`, or `auto`: a GPU that works, else the CPU. */
  device: string;
  dataDir: string;
  /** Those that differ from the defaults. */
  limits?: Partial<ServerLimits>;
  /** Where the server's and the engine's words go. */
  log: Log;
  createEngine?: (options: EngineProcessOptions) => Engine;
}

export interface RunningServer {
  url: string;
  port: number;
  token: string | undefined;
  /** Says bye, leaves what is not done to the next server, stops the engine. Twice is safe. */
  close(): Promise<void>;
}

/** @throws SafelightError MODEL_NOT_FOUND | MODEL_INVALID | INVALID_PARAMS (token, address in use, device) | UNSUPPORTED (data folder, device) */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, modelDirs, log, allowedOrigins = [], createEngine = createEngineProcess } = options;
  const token = chooseToken(options);
  const limits = toLimits(options.limits, token);
  const [models, device] = await Promise.all([readModelCatalog(modelDirs, log), chooseDevice(options.device, log)]);
  const { dir, unlock } = await lockDataDir(options.dataDir);
  if (dir !== options.dataDir) log('another server works in the data folder; this one uses its own', { dir });
  const [images, store] = await Promise.all([createImageStore(dir), createJobStore(dir, log)]);
  const engine = createEngine({ modelDir: models.find(undefined).dir, device, log });
  const metrics: Metrics = createMetrics({ queueLength: () => queue.length, clients: () => sockets.size });
  const sockets = createSocketServer({ log, onCut: metrics.refused });
  const queue = await openJobQueue({ engine, images, store, models, limits, metrics, log });
  const epoch = randomUUID();
  const failures = createTokenBucket(limits.failedAuthsPerMinute, 60_000);
  const authorize = createAuthorize({ token, failures, allowedOrigins });
  const capabilities = createCapabilities(models, engine, queue, limits);
  const app = createApp({ queue, images, epoch, capabilities, authorize, allowedOrigins, metrics, log });

  let closing: Promise<void> | undefined;
  const { messagesPerSecond } = limits;
  const previewCache = createPreviewCache(encodePreview, metrics);
  const connectionDeps = { previewCache, metrics, log, messagesPerSecond };
  const connections = new Set<Connection>();
  const onSocket = (socket: Socket) => {
    const connection = openConnection(socket, { ...connectionDeps, queue, epoch, capabilities });
    connections.add(connection);
    socket.onClose(() => connections.delete(connection));
  };
  const authorizeSocket: Authorize = (headers) => {
    authorize(headers);
    // On a line that was open before: in there a job would be refused, out here the client comes back.
    if (closing !== undefined)
      throw new SafelightError('SHUTTING_DOWN', 'the server is stopping', { retryAfterMs: RETRY_AFTER_MS });
    if (sockets.size < limits.socketsPerToken) return;
    sockets.dropDead();
    const words = `${sockets.size} WebSockets are open with this token already`;
    throw new SafelightError('RATE_LIMITED', words, { retryAfterMs: RETRY_FULL_MS });
  };
  const http = createHttpListener({
    fetch: app.fetch,
    maxConnections: limits.connections,
    onDrop: () => metrics.refused('connections'),
    onUpgrade(request, stream, head, caller) {
      if (!mayUpgrade(request, stream, authorizeSocket, metrics)) return;
      caller.trust();
      sockets.accept(request, stream, head, onSocket);
    },
  });
  const stopWork = () => Promise.all([queue.close(), engine.close()]).finally(unlock);
  const port = await http.listen(host, options.port).catch(async (error) => {
    await stopWork();
    throw error;
  });

  const close = async () => {
    for (const connection of connections) connection.bye('the server is stopping', RETRY_AFTER_MS);
    await Promise.all([stopWork(), http.close(sockets.terminate)]);
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    token,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** @throws SafelightError INVALID_PARAMS */
function chooseToken({ token, host, hasTunnel = false, log }: ServerOptions): string | undefined {
  const isPublic = hasTunnel || !isLoopback(host);
  if (token === undefined) return isPublic ? createToken() : undefined;
  if (!/^\S+$/.test(token)) throw new SafelightError('INVALID_PARAMS', 'token: must not be empty or contain spaces');
  if (isPublic && token.length < STRONG_TOKEN_CHARS) log('the token is short; leave it out, and a strong one is made');
  return token;
}

/** Without a token there is nobody to count by, and only this machine can call. */
function toLimits(limits: Partial<ServerLimits> | undefined, token: string | undefined): ServerLimits {
  const unlimited = { socketsPerToken: Number.POSITIVE_INFINITY, submitsPerMinute: Number.POSITIVE_INFINITY };
  return { ...DEFAULT_LIMITS, ...(token === undefined && unlimited), ...limits };
}

function createCapabilities(models: ModelCatalog, engine: Engine, queue: JobQueue, limits: ServerLimits) {
  const server = readServerName();
  return (): Capabilities => ({
    protocol: PROTOCOL_VERSION,
    server,
    models: models.list(),
    schedulers: [...SCHEDULER_NAMES],
    limits: { ...PARAM_LIMITS, maxQueue: limits.queue, maxBodyBytes: MAX_BODY_BYTES, maxPixels: limits.pixels },
    device: engine.device,
    queueLength: queue.length,
  });
}

/** Refuses in plain HTTP, before there is a WebSocket. */
function mayUpgrade(request: IncomingMessage, stream: Duplex, authorize: Authorize, metrics: Metrics): boolean {
  // A client that vanishes here must not end the process.
  stream.on('error', () => stream.destroy());
  try {
    authorize(request.headers);
    if (request.url?.split('?')[0] === '/ws') return true;
    throw new SafelightError('NOT_FOUND', 'WebSockets are at /ws');
  } catch (thrown) {
    const error = toSafelightError(thrown);
    metrics.refused(error.code);
    void writeRefusal(stream, toErrorResponse(error));
    return false;
  }
}

async function writeRefusal(stream: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  const length = `content-length: ${Buffer.byteLength(body)}`;
  const statusLine = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}`;
  // The other side need not close its half, and no timeout of the HTTP server watches an upgraded stream.
  stream.once('finish', () => stream.destroy());
  stream.end([statusLine, 'connection: close', length, ...headers, '', body].join('\r\n'));
}
