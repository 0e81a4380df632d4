/** What came from each server in a month: a tunnel's free plan ends at a number of bytes (ngrok: 1 GB). */
import { join } from 'node:path';
import { z } from 'zod';
import { appendLine, readLines } from './json-lines.js';
import { isThisMachine } from './this-machine.js';

export interface Usage {
  /** Counts for the server with this URL until it is closed. Servers on this machine are not counted: no tunnel is between. */
  meter(url: string): UsageMeter;
  /** @param host with its port, as in the URL  @param month as `2026-11`; left out = this one, in UTC */
  usageOf(host: string, month?: string): Promise<number>;
}

export interface UsageMeter {
  /** What `connect` calls as `onBytes`. */
  add(bytes: number): void;
  /** Resolves when all is on the disk. @throws what the file system refused with */
  close(): Promise<void>;
}

const LineSchema = z.object({ host: z.string(), bytes: z.int().min(0) });
/** So much a client that is killed may lose. */
const WRITE_MS = 1000;
const NOT_COUNTED: UsageMeter = { add: () => {}, close: async () => {} };

/** One file a month with a line for each second in which something came: some thousand lines use up a free plan. */
export function createUsage(dir: string, now: () => Date = () => new Date()): Usage {
  const thisMonth = () => now().toISOString().slice(0, 7);
  const pathOf = (month: string) => join(dir, `${month}.jsonl`);
  return {
    meter(url) {
      const { host, hostname } = new URL(url);
      if (isThisMachine(hostname)) return NOT_COUNTED;
      return createMeter((bytes) => appendLine(pathOf(thisMonth()), { host, bytes }));
    },
    async usageOf(host, month = thisMonth()) {
      const lines = await readLines(pathOf(month), LineSchema);
      return lines.filter((line) => line.host === host).reduce((sum, { bytes }) => sum + bytes, 0);
    },
  };
}

function createMeter(append: (bytes: number) => Promise<void>): UsageMeter {
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  function write(): void {
    const bytes = waiting;
    [waiting, timer] = [0, undefined];
    writing = writing.then(() => append(bytes));
    writing.catch(() => {}); // `close` tells it
  }
  return {
    add(bytes) {
      waiting += bytes;
      timer ??= setTimeout(write, WRITE_MS).unref();
    },
    close() {
      clearTimeout(timer);
      if (waiting > 0) write();
      return writing;
    },
  };
}
