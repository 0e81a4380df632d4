/** Looks at a server step by step, as a person would ask: is the address one, does it answer, is the token right, do events come. */
import { parseAddress } from '../client/address.js';
import { connect } from '../client/client.js';
import { request, toHeaders } from '../client/http.js';
import { SafelightError } from '../protocol/errors.js';
import type { Check } from '../tui/state/overlay.js';

/** Long enough for a tunnel that wakes up. */
const PATIENCE_MS = 15_000;

/** Each thing that was looked at; the first that failed is the last. */
export async function* checkServer(text: string): AsyncGenerator<Check> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const address = parseAddress(text);
    yield { isOk: true, text: `${address.http} is an address` };
    const askedAtMs = performance.now();
    await request(`${address.http}/healthz`, { headers: toHeaders(undefined), signal });
    yield { isOk: true, text: `it answers in ${Math.round(performance.now() - askedAtMs)} ms` };
    const client = await connect({ url: text, signal });
    const { device, models } = client.welcome.capabilities;
    await client.close();
    yield { isOk: true, text: `it lets you in, and makes pictures with ${models[0]?.name ?? 'no model'} on ${device}` };
  } catch (thrown) {
    yield { isOk: false, text: toAdvice(thrown, signal) };
  }
}

function toAdvice(thrown: unknown, signal: AbortSignal): string {
  if (signal.aborted)
    return `no answer within ${PATIENCE_MS / 1000} s: is the server running, and the line the newest one?`;
  if (!(thrown instanceof SafelightError)) throw thrown;
  if (thrown.code === 'UNAUTHORIZED') return `${thrown.message}: copy the whole line, with #token=…`;
  return thrown.message;
}
