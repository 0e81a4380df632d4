/** The one shape of an HTTP error: `{error:{code,message,issues?}}` with the table's status. */
import { ERROR_TABLE, type SafelightError } from '../protocol/errors.js';

export function toErrorResponse(error: SafelightError, headers: Record<string, string> = {}): Response {
  const { status } = ERROR_TABLE[error.code];
  const all = status === 401 ? { ...headers, 'www-authenticate': 'Bearer' } : headers;
  return Response.json({ error: error.toBody() }, { status, headers: all });
}
