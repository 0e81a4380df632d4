/** `safelight serve`, and the one door to the server for the other commands. */
import { resolve } from 'node:path';
import { checkDevice } from '../server/device-check.js';
import type { ServerLimits } from '../server/limits.js';
import type { Log } from '../server/log.js';
import { createStderrLog } from '../server/log-output.js';
import { readModelCatalog } from '../server/model-catalog.js';
import { type RunningServer, startServer } from '../server/server.js';
import { type EndingSignal, onEndingSignal, SIGNAL_EXIT_CODES } from '../tui/ending-signals.js';
import { EMBEDDED_ID, EMBEDDED_MODEL } from './embedded-model.js';
import { dataDir } from './env.js';
import { usageError } from './failure.js';
import { endAtOnce } from './interrupt.js';
import { type LimitRow, SERVE_LIMITS } from './serve-limits.js';
import { chooseTunnel, type OpenTunnel, tellTunnel, toBanner, toPublicUrl } from './serve-tunnel.js';
import type { TunnelOptions } from './tunnel-options.js';

export { checkDevice, type RunningServer, startServer };

const MAX_LIMIT = 10_000_000;

export interface ServeOptions extends Partial<Record<LimitRow['option'], number>>, TunnelOptions {
  /** Folders or ids of the store; the first is the default. */
  model?: string[];
  port: number;
  host: string;
  device: string;
  token?: string;
  allowOrigin?: string[];
  dataDir?: string;
}

/** Listens until SIGTERM, SIGINT or SIGHUP; a second one ends at once. @returns the exit code */
export async function runServe(options: ServeOptions): Promise<number> {
  checkWhole('--port', options.port, 0, 65_535);
  const openTunnel = await chooseTunnel(options);
  const publicUrl = options.url === undefined ? undefined : toPublicUrl(options.url);
  const hasTunnel = openTunnel !== undefined || publicUrl !== undefined;
  const log = createStderrLog(process.stderr.isTTY);
  const server = await startServer({
    host: options.host,
    port: options.port,
    token: options.token,
    hasTunnel,
    allowedOrigins: options.allowOrigin?.map(toOrigin),
    modelDirs: await findAllModelDirs(options.model),
    device: options.device,
    dataDir: resolve(options.dataDir ?? dataDir()),
    limits: toLimits(options),
    log,
  });
  try {
    // With a public address there is one line to paste, and this is not it.
    const rest = hasTunnel ? '' : toHash(server);
    const waiting = openTunnel === undefined ? '' : ' and waits for its tunnel';
    process.stdout.write(`safelight is listening on ${server.url}${rest}${waiting}\n`);
    if (publicUrl !== undefined) announce(publicUrl, server);
    const stopped = stopSignal();
    if (openTunnel !== undefined) await withTunnel(openTunnel, server, log, stopped);
    return await stopped;
  } finally {
    await server.close();
  }
}

function toHash({ token }: RunningServer): string {
  return token === undefined ? '' : `/#token=${token}`;
}

function announce(url: string, { token = '' }: RunningServer): void {
  process.stdout.write(toBanner(url, token));
}

/**
 * A tunnel that never comes up for good ends the server, which nobody could use; one that is lost later does not: what it has made can
 * still be had, and its jobs go on. @throws SafelightError TUNNEL_REFUSED
 */
async function withTunnel(open: OpenTunnel, server: RunningServer, log: Log, stopped: Promise<unknown>): Promise<void> {
  const tunnel = open(
    toUpstream(server),
    tellTunnel(log, (url) => announce(url, server)),
  );
  try {
    await Promise.race([tunnel.start().then(() => stopped), stopped]);
    // Its goodbyes go through the tunnel.
    await server.close();
  } finally {
    await tunnel.stop();
  }
}

/** As it is reached on this machine: an address that stands for all of them is none to connect to. */
function toUpstream({ url }: RunningServer): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** As browsers send it. @throws SafelightError INVALID_PARAMS */
function toOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/') return url.origin;
  throw usageError('--allow-origin: must look like https://host');
}

/** @returns those that were given  @throws SafelightError INVALID_PARAMS naming the option */
function toLimits(options: ServeOptions): Partial<ServerLimits> {
  const limits: Partial<ServerLimits> = {};
  for (const { flags, option, field, factor = 1 } of SERVE_LIMITS) {
    const value = options[option];
    if (value === undefined) continue;
    checkWhole(flags.split(' ')[0], value, 1, MAX_LIMIT);
    limits[field] = value * factor;
  }
  return limits;
}

/** What was asked for first, then all that this machine has: clients choose by id. */
async function findAllModelDirs(asked: string[] = []): Promise<string[]> {
  const { storedModelDirs } = await import('./models.js');
  const chosen = await Promise.all(asked.map(findModelDir));
  return [...new Set([...chosen, EMBEDDED_MODEL, ...(await storedModelDirs())])];
}

/** A folder, the id of a pulled model, or that of the embedded one. @throws SafelightError MODEL_NOT_FOUND */
export async function findModelDir(model: string | undefined): Promise<string> {
  if (model === undefined || model === EMBEDDED_ID) return EMBEDDED_MODEL;
  return (await import('./models.js')).findModelDir(model);
}

/** In words. @throws SafelightError MODEL_NOT_FOUND | MODEL_INVALID */
export async function describeModel(dir: string): Promise<string> {
  const [{ id, name }] = (await readModelCatalog([dir], () => {})).list();
  return `${name} (${id}), in ${dir}`;
}

/** @returns the exit code: 0 after SIGINT or SIGTERM, which end a server's work; 129 after SIGHUP, which interrupts it */
async function stopSignal(): Promise<number> {
  const asked = Promise.withResolvers<EndingSignal>();
  let isAsked = false;
  onEndingSignal(process, (name) => {
    if (isAsked) return endAtOnce(name);
    isAsked = true;
    asked.resolve(name);
  });
  return (await asked.promise) === 'SIGHUP' ? SIGNAL_EXIT_CODES.SIGHUP : 0;
}

function checkWhole(flag: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw usageError(`${flag}: must be a whole number from ${min} to ${max}`);
}
