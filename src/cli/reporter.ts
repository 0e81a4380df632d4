/** How a one-shot tells what happens: lines, a live screen, JSON, or nothing. */
import type { ClientEvent, ImageEvent } from '../client/client.js';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import type { JobProgress } from '../tui/state/job-state.js';
import { toProgressLine } from './progress-line.js';

export interface Reporter {
  event(event: ClientEvent): void;
  /** A finished picture is on the disk; the events of the next one may come meanwhile. @param bytes of its file */
  saved(path: string, image: ImageEvent, bytes: Uint8Array): void | Promise<void>;
  /** A line from the embedded server's log. */
  note(line: string): void;
  failed(error: unknown): void;
  /** Leaves the terminal as it should stay. Twice is safe. */
  close(): void;
}

const PLAIN_COLUMNS = 80;
const STAGE_WORDS = {
  download: 'downloading the model',
  load: 'loading the model',
  encode: 'reading the prompt',
  denoise: 'denoising',
  decode: 'decoding',
} as const;

/** What the screen says of an event; undefined = nothing new to say. */
export function toLine(event: ClientEvent, progress: JobProgress | undefined, columns: number): string | undefined {
  switch (event.type) {
    case 'queued':
      return event.position === 0 ? 'waiting to start' : `waiting: ${event.position} before this one`;
    case 'stage': {
      const share = event.fraction === undefined ? '' : ` ${Math.round(event.fraction * 100)} %`;
      return `${STAGE_WORDS[event.name]}${share}`;
    }
    case 'progress':
      return progress && toProgressLine(progress, columns);
    default:
      return undefined;
  }
}

/** What a person should know of the request and that is no error, a line each. */
export function notesOf(event: ClientEvent): readonly string[] {
  return event.type === 'stage' ? (event.notes ?? []) : [];
}

/** @param count pictures of the job */
export function toProgress(event: ClientEvent, count: number): JobProgress | undefined {
  if (event.type !== 'progress') return undefined;
  const { image, step, steps, elapsedMs, etaMs } = event;
  const stepsPerSecond = elapsedMs > 0 ? ((image * steps + step) * 1000) / elapsedMs : undefined;
  return { image, count, step, steps, elapsedMs, etaMs, stepsPerSecond };
}

/** stderr is no terminal: a line for each stage, and for about every tenth of the steps. */
export function createLineReporter(count: number): Reporter {
  let tenth = -1;
  let last = '';
  const write = (line: string) => {
    if (line !== last) process.stderr.write(`${line}\n`);
    last = line;
  };
  return {
    event(event) {
      notesOf(event).forEach(write);
      const progress = toProgress(event, count);
      if (progress !== undefined) {
        const done = progress.image * progress.steps + progress.step;
        const now = Math.floor((10 * done) / (progress.steps * count));
        if (now === tenth) return;
        tenth = now;
      }
      const line = toLine(event, progress, PLAIN_COLUMNS);
      if (line !== undefined) write(line);
    },
    saved: printPath,
    note: write,
    failed: () => {},
    close: () => {},
  };
}

export function createQuietReporter(): Reporter {
  return {
    event: () => {},
    saved: printPath,
    note: () => {},
    failed: () => {},
    close: () => {},
  };
}

export function createJsonReporter(): Reporter {
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  return {
    event(event) {
      if (event.type !== 'preview') print(event);
      else print({ ...event, bytes: event.bytes.length });
    },
    saved: (path, { jobId, n, seed }) => void print({ type: 'saved', jobId, n, seed, path }),
    note: (line) => process.stderr.write(`${line}\n`),
    failed: (error) => print({ type: 'error', ...wireBody(error) }),
    close: () => {},
  };
}

function wireBody(error: unknown) {
  return error instanceof SafelightError ? error.toBody() : toSafelightError(error).toBody();
}

export function printPath(path: string): void {
  process.stdout.write(`${path}\n`);
}
