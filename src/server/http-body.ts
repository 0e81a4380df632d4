/** Request bodies as JSON, of a bounded size and whatever their content-type says (`curl -d` says form). */
import { SafelightError } from '../protocol/errors.js';

/** Two input pictures of 20 MB base64 would be more than any real request; one fits with room. */
export const MAX_BODY_BYTES = 40 * 1024 * 1024;

/** @throws SafelightError PAYLOAD_TOO_LARGE | BAD_MESSAGE */
export async function readJsonBody(request: Request, maxBytes: number = MAX_BODY_BYTES): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const text = await readText(request, maxBytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SafelightError('BAD_MESSAGE', 'the body is not JSON', { cause });
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof SafelightError) throw cause;
    throw new SafelightError('BAD_MESSAGE', 'the body ended early', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(maxBytes: number): SafelightError {
  return new SafelightError('PAYLOAD_TOO_LARGE', `a request may be ${maxBytes} bytes at most`);
}
