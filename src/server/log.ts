/** Where the server's own words go: a message for people, and fields for programs. Never a token, never a prompt. */
export interface LogFields {
  /** Left out = warn: something that somebody should see. */
  level?: 'info' | 'warn' | 'error';
  jobId?: string;
  [field: string]: string | number | boolean | undefined;
}
export type Log = (message: string, fields?: LogFields) => void;

/** An error with its causes, for the log only: what crosses the wire is made by `toSafelightError`. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
