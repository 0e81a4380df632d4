/** Runs the built command as a user does: a real process, real pipes. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

export const SAFELIGHT = resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Each command under test has settings, data and journal of its own, unless its test says otherwise: never the user's. */
const homes = join(tmpdir(), `safelight-homes-${randomUUID()}`);
afterAll(() => rm(homes, { recursive: true, force: true }));

/** The caller's settings must not reach the command under test. */
export function cleanEnv(extra: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  const home = join(homes, randomUUID());
  const own = { SAFELIGHT_CONFIG_DIR: join(home, 'config'), SAFELIGHT_DATA_DIR: join(home, 'data') };
  return { PATH, HOME, ...own, ...extra };
}

export function startSafelight(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [SAFELIGHT, ...args], { env: cleanEnv(env) });
}

export async function finish(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export function runSafelight(args: string[], env: Record<string, string> = {}): Promise<Finished> {
  return finish(startSafelight(args, env));
}

export interface ServeProcess {
  url: string;
  token: string;
  pid: number;
  /** What it wrote to stdout so far. */
  readonly output: readonly string[];
  /** What it wrote to stderr so far: its log, a line of JSON each. */
  readonly log: readonly string[];
  /** Its exit code, however it ended. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
}

/** `safelight serve` on a free port; resolves when it listens. */
export async function startServe(args: string[] = [], env: Record<string, string> = {}): Promise<ServeProcess> {
  const token = 'test-token-0123456789abcdef';
  const child = startSafelight(['serve', '--port', '0', '--token', token, ...args], env);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const output: string[] = [];
  const lines = createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
  const line = once(lines, 'line').then(([text]) => String(text));
  const first = await Promise.race([line, closed.then((code) => `ended with ${code}`)]);
  const url = first.match(/http:\/\/[^\s/]+/)?.[0];
  if (url === undefined || child.pid === undefined)
    throw new Error(`serve did not start: ${first}\n${errors.join('\n')}`);
  return {
    url,
    token,
    pid: child.pid,
    output,
    log: errors,
    ended: closed,
    stop() {
      child.kill('SIGTERM');
      return closed;
    },
  };
}

/** Of the engine that works for this server now. */
export function enginePid(server: ServeProcess): number {
  return childPid(server, /engine/);
}

/** NaN where there is none. */
export function tunnelPid(server: ServeProcess): number {
  return childPid(server, /safelight-tunnel|ngrok-child/);
}

function childPid({ pid }: ServeProcess, pattern: RegExp): number {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' });
  return Number.parseInt(children.split('\n').find((line) => pattern.test(line)) ?? '', 10);
}
