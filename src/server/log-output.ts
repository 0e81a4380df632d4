/** EDGE: the only import of pino. The log on stderr: lines of JSON for programs, plain lines in a terminal. */
import pino from 'pino';
import type { Log, LogFields } from './log.js';

const STDERR = 2;

/** @param isTerminal somebody reads along */
export function createStderrLog(isTerminal: boolean): Log {
  return isTerminal ? (message, fields) => process.stderr.write(toLine(message, fields, new Date())) : createJsonLog();
}

/** Written at once: what a server says before it is killed must not wait in a buffer. */
function createJsonLog(): Log {
  const logger = pino({ base: undefined }, pino.destination({ dest: STDERR, sync: true }));
  return (message, { level = 'warn', ...fields } = {}) => logger[level](fields, message);
}

/** `12:30:00 job completed jobId=… totalMs=1234`; errors keep their lines. */
export function toLine(message: string, { level: _, error, ...fields }: LogFields = {}, now: Date): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  const words = [now.toTimeString().slice(0, 8), message, ...pairs.map(([key, value]) => `${key}=${toValue(value)}`)];
  return `${words.join(' ')}\n${error === undefined ? '' : `${error}\n`}`;
}

/** What came from outside must not look like another line, or move the cursor. */
function toValue(value: LogFields[string]): string {
  return typeof value === 'string' && !/^[\w.:/+-]+$/.test(value) ? JSON.stringify(value) : String(value);
}
