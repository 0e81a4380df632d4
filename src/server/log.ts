/** Where the server's own words go: one line at a time, so that a terminal UI can take them off the screen. */
export type Log = (line: string) => void;

export function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** An error with its causes, for the log only: what crosses the wire is made by `toSafelightError`. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
