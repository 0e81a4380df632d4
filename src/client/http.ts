/** HTTP to the server: the headers of every request, and refusals as SafelightErrors. */
import { createRequire } from 'node:module';
import { ErrorBodySchema, SafelightError, toErrorCode } from '../protocol/errors.js';
import { toNetworkError } from '../protocol/network-errors.js';
import { toPrintableValue } from '../protocol/printable.js';
import { toTunnelError, tunnelCodeOf } from '../protocol/tunnel-errors.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Far more than any refusal has. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** ngrok shows browsers a page of its own first; this header, and an agent that is no browser, go past it. */
export function toHeaders(token: string | undefined): Record<string, string> {
  return {
    'user-agent': `safelight/${version}`,
    'ngrok-skip-browser-warning': '1',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** @throws SafelightError CONNECTION_FAILED, or what the server refused with; the signal's reason */
export async function request(url: string, init: RequestInit & { signal?: AbortSignal }): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw toNetworkError(cause, url);
  }
  if (response.ok) return response;
  throw toRefusal(response.status, response.headers.get('ngrok-error-code'), await readRefusal(response.body ?? []));
}

/** @param ngrokCode the header that says so when it is not the server that answers */
export function toRefusal(status: number, ngrokCode: string | null | undefined, text: string): SafelightError {
  const code = tunnelCodeOf(status, ngrokCode, text);
  if (code !== undefined) return toTunnelError(code);
  const body = ErrorBodySchema.safeParse(parseError(text));
  if (body.success) {
    const { code, message, issues, retryAfterMs } = body.data;
    return new SafelightError(toErrorCode(code, 'BAD_ANSWER'), message, { issues, retryAfterMs });
  }
  if (status === 401) return new SafelightError('UNAUTHORIZED', 'the server wants a token: give it with --token');
  return new SafelightError('BAD_ANSWER', `what answers is not a safelight server (HTTP ${status}): check the address`);
}

/** As much of it as came: one that is cut, or never ends, still has its status. Never rejects. */
export async function readRefusal(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // cut: see above
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseError(text: string): unknown {
  try {
    return (JSON.parse(text, toPrintableValue) as { error?: unknown }).error;
  } catch {
    return undefined; // not ours: `toRefusal` says so
  }
}
