/** Bytes that never change, as HTTP sends them: ETag, one Range, If-None-Match (RFC 9110 §13, §14). */
import { SafelightError } from '../protocol/errors.js';
import { toErrorResponse } from './http-error.js';

export interface HttpFile {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
  /** Hex; becomes the strong ETag. */
  sha256: string;
}

export function toFileResponse(request: Headers, { bytes, contentType, sha256 }: HttpFile): Response {
  const etag = `"${sha256}"`;
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': contentType };
  if (matches(request.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const range = isRangeWanted(request, etag) ? parseRange(request.get('range') ?? '', bytes.length) : undefined;
  if (range === undefined) return toPart(bytes, 200, headers);
  const [first, last] = range;
  if (first > last) {
    const error = new SafelightError('RANGE_NOT_SATISFIABLE', `the file has ${bytes.length} bytes`);
    return toErrorResponse(error, { 'content-range': `bytes */${bytes.length}` });
  }
  const contentRange = `bytes ${first}-${last}/${bytes.length}`;
  return toPart(bytes.subarray(first, last + 1), 206, { ...headers, 'content-range': contentRange });
}

function toPart(bytes: Uint8Array<ArrayBuffer>, status: 200 | 206, headers: Record<string, string>): Response {
  return new Response(bytes, { status, headers: { ...headers, 'content-length': String(bytes.length) } });
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** A client that resumes says by If-Range what it has the beginning of. */
function isRangeWanted(request: Headers, etag: string): boolean {
  const ifRange = request.get('if-range');
  return request.has('range') && (ifRange === null || ifRange === etag);
}

/**
 * First and last byte; first > last when the file has none of them. Undefined for a header that we do not serve (several
 * ranges, another unit, nonsense): then the whole file is the right answer.
 */
function parseRange(header: string, length: number): [number, number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  const [, from = '', to = ''] = match ?? [];
  if (from === '') return to === '' ? undefined : [Math.max(0, length - Number(to)), length - 1];
  if (to !== '' && Number(to) < Number(from)) return undefined;
  return [Number(from), to === '' ? length - 1 : Math.min(Number(to), length - 1)];
}
