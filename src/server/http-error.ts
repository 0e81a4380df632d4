/** The one shape of an HTTP error: `{error:{code,message,issues?}}` with the table's status. */
import { ERROR_TABLE, type SafelightError } from '../protocol/errors.js';

export function toErrorResponse(error: SafelightError, headers: Record<string, string> = {}): Response {
  const { status } = ERROR_TABLE[error.code];
  return Response.json({ error: error.toBody() }, { status, headers: { ...headers, ...headersOf(error, status) } });
}

function headersOf({ retryAfterMs }: SafelightError, status: number): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
}
