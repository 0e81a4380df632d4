/** Looks at a server step by step, as a person would ask: is the address one, does it answer, is the token right, how fast is it. */
import { type ErrorCode, SafelightError } from '../protocol/errors.js';
import { parseAddress, type ServerAddress } from './address.js';
import { type Check, failed, passed } from './check.js';
import { type Client, connect } from './client.js';
import { findServer } from './find-server.js';
import { request, toHeaders } from './http.js';

/** Long enough for a tunnel that wakes up. */
const PATIENCE_MS = 15_000;
/** The first one opens the line, and does not count. */
const ROUND_TRIPS = 5;

const NO_ANSWER_ADVICE = 'is the server still running? It prints another line when it starts anew';
const ADVICE: Partial<Record<ErrorCode, string>> = {
  UNAUTHORIZED: 'copy the whole line, with #token=…',
  CONNECTION_FAILED: NO_ANSWER_ADVICE,
  BAD_ANSWER: 'is this the address of a safelight server?',
};

/** Each thing that was looked at; the first that failed is the last. Never rejects for what is wrong with the server. */
export async function* checkServer(text: string, token?: string): AsyncGenerator<Check> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let step = 'address';
  try {
    const pasted = parseAddress(text, token);
    yield passed(step, `${pasted.http} is an address`);
    step = 'server';
    const address = await findServer(pasted, signal);
    const { first, usual } = await measureRoundTrips(address, signal);
    yield passed(step, `it answers, at first in ${first} ms`);
    step = 'token';
    const client = await connect({ url: address.http, token: address.token, signal });
    await client.close();
    yield passed(step, address.token === undefined ? 'it lets you in without one' : 'it lets you in');
    step = 'models';
    yield toModelCheck(client);
    step = 'speed';
    yield passed(step, `${usual} ms there and back, ${await measureThroughput(address, usual, signal)}`);
  } catch (thrown) {
    yield toFailure(step, thrown, signal);
  }
}

/** In milliseconds. */
async function measureRoundTrips({ http }: ServerAddress, signal: AbortSignal) {
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const askedAtMs = performance.now();
    const answer = await request(`${http}/healthz`, { headers: toHeaders(undefined), signal });
    await answer.arrayBuffer();
    times.push(Math.round(performance.now() - askedAtMs));
  }
  const [first, ...rest] = times;
  return { first, usual: rest.sort((a, b) => a - b)[Math.floor(rest.length / 2)] };
}

function toModelCheck({ welcome: { server, capabilities } }: Client): Check {
  const { device, models } = capabilities;
  const [first, ...others] = models;
  if (first === undefined) return failed('models', `${server} has no model`, 'start it with --model');
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return passed('models', `${first.name}${more} on ${device} (${server})`);
}

/** @param usualMs that a request takes when nothing comes with the answer */
async function measureThroughput(
  { http, token }: ServerAddress,
  usualMs: number,
  signal: AbortSignal,
): Promise<string> {
  const askedAtMs = performance.now();
  const answer = await request(`${http}/throughput`, { headers: toHeaders(token), signal });
  const { byteLength } = await answer.arrayBuffer();
  const ms = Math.max(1, performance.now() - askedAtMs - usualMs);
  return `${toRate((byteLength * 1000) / ms)} from there`;
}

function toRate(bytesPerSecond: number): string {
  const mega = bytesPerSecond / 1e6;
  if (mega >= 10) return `${Math.round(mega)} MB/s`;
  return mega >= 1 ? `${mega.toFixed(1)} MB/s` : `${Math.max(1, Math.round(bytesPerSecond / 1000))} kB/s`;
}

function toFailure(step: string, thrown: unknown, signal: AbortSignal): Check {
  if (signal.aborted) return failed(step, `no answer within ${PATIENCE_MS / 1000} s`, NO_ANSWER_ADVICE);
  if (!(thrown instanceof SafelightError)) throw thrown;
  return failed(step, thrown.message, ADVICE[thrown.code]);
}
