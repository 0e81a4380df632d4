/** From an error to the words and the exit code that a person or a script gets. */
import type { ClientEvent } from '../client/client.js';
import { ERROR_TABLE, SafelightError, toErrorCode, toSafelightError } from '../protocol/errors.js';
import { toPrintable } from '../protocol/printable.js';
import { flagOfParam } from './options.js';

export function exitCodeOf(error: SafelightError): number {
  return ERROR_TABLE[error.code].exitCode;
}

/** Fields of the request are named by the options that set them. */
export function toWords(thrown: unknown): string {
  const error = toSafelightError(thrown);
  if (error.code === 'INTERNAL' && error.cause !== undefined) return toBugWords(error.cause); // else the server’s own words
  if (error.issues === undefined) return error.message;
  return error.issues
    .map(({ path, message }) => (path === '' ? message : `${flagOfParam(path)}: ${message}`))
    .join('\n');
}

/** Ours to mend: the stack belongs into the report. */
function toBugWords(cause: unknown): string {
  return `this is a bug, please report it: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`;
}

/** Prints to stderr. @returns the exit code */
export function fail(thrown: unknown): number {
  process.stderr.write(`safelight: ${toPrintable(toWords(thrown))}\n`);
  return exitCodeOf(toSafelightError(thrown));
}

/** Throws what a job that did not complete died of. */
export function checkEnding(event: ClientEvent, signal: AbortSignal): void {
  if (event.type === 'failed') throw new SafelightError(toErrorCode(event.code, 'INTERNAL'), event.message);
  if (event.type === 'cancelled') throw signal.reason ?? new SafelightError('CANCELLED', 'the job was cancelled');
}

export function usageError(message: string): SafelightError {
  return new SafelightError('INVALID_PARAMS', message);
}
