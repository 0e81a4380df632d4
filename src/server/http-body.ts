/** Request bodies as JSON, of a bounded size and whatever their content-type says (`curl -d` says form). */
import { SafelightError } from '../protocol/errors.js';
import { parseWideJson } from '../protocol/wide-json.js';

/** Two input pictures of 20 MB base64 would be more than any real request; one fits with room. */
export const MAX_BODY_BYTES = 40 * 1024 * 1024;
/** Of each kind. Two prompts may hold 20,000; a body of nothing else becomes gigabytes of objects, in half a minute. */
const MAX_JSON_MARKS = 50_000;
const JSON_MARKS = ['[', '{', ','];

/** @throws SafelightError PAYLOAD_TOO_LARGE | BAD_MESSAGE */
export async function readJsonBody(request: Request, maxBytes: number = MAX_BODY_BYTES): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(request, maxBytes);
  if (JSON_MARKS.some((mark) => isFullOf(bytes, mark)))
    throw new SafelightError('PAYLOAD_TOO_LARGE', 'a request may not hold so many values');
  try {
    return parseWideJson(decode(bytes));
  } catch (cause) {
    if (cause instanceof SafelightError) throw cause;
    throw new SafelightError('BAD_MESSAGE', 'the body is not JSON', { cause });
  }
}

/** RFC 8259: JSON is UTF-8, whatever charset a content-type names. Anything else would become another prompt. A byte order mark is left out. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const words = 'the body is not UTF-8, as JSON has to be: it may be Latin-1 or UTF-16. Send it as UTF-8';
    throw new SafelightError('BAD_MESSAGE', words, { cause });
  }
}

/** Into one buffer: a body that comes byte by byte would fill the memory with millions of pieces. */
async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  let buffer = Buffer.alloc(0);
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      const end = length + chunk.length;
      if (end > maxBytes) throw tooLarge(maxBytes);
      if (end > buffer.length) buffer = Buffer.concat([buffer], Math.max(end, Math.min(2 * buffer.length, maxBytes)));
      buffer.set(chunk, length);
      length = end;
    }
  } catch (cause) {
    if (cause instanceof SafelightError) throw cause;
    throw new SafelightError('BAD_MESSAGE', 'the body cannot be read to its end', { cause });
  }
  return buffer.subarray(0, length);
}

function isFullOf(bytes: Buffer, mark: string): boolean {
  let count = 0;
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1))
    if (++count > MAX_JSON_MARKS) return true;
  return false;
}

function tooLarge(maxBytes: number): SafelightError {
  return new SafelightError('PAYLOAD_TOO_LARGE', `a request may be ${maxBytes} bytes at most`);
}
