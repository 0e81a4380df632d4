/** One bare WebSocket that watches jobs and keeps the text of every event: light enough for hundreds of them in one test. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodePreview, encodeClientMessage } from '../../src/protocol/codec.js';
import { type ClientMessageInput, isEnding, type JobEvent, type PreviewWish } from '../../src/protocol/messages.js';

export interface RawWatcher {
  /** Texts of a job's events by their seq, as they came. */
  eventsOf(jobId: string): ReadonlyMap<number, string>;
  readonly previews: number;
  /** Resolves when an event of this type has come of each job; rejects when the socket is closed before. */
  heard(type: JobEvent['type']): Promise<void>;
  /** Resolves when each job has ended. */
  heardAll(): Promise<void>;
  pause(): void;
  resume(): void;
  close(): void;
}

export interface RawWatcherOptions {
  server: { url: string; token: string };
  jobIds: readonly string[];
  preview?: PreviewWish | undefined;
}

export async function openRawWatcher({ server, jobIds, preview }: RawWatcherOptions): Promise<RawWatcher> {
  const headers = { authorization: `Bearer ${server.token}` };
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'safelight.v1', { headers });
  const say = (message: ClientMessageInput) => ws.send(encodeClientMessage(message));
  const seen = new Map(jobIds.map((jobId) => [jobId, { texts: new Map<number, string>(), types: new Set<string>() }]));
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  const checks = new Set<() => void>();
  let previews = 0;

  function hear(text: string): void {
    const event = JSON.parse(text) as JobEvent;
    const own = seen.get(event.jobId);
    if (own === undefined) return; // the welcome
    own.texts.set(event.seq, text);
    own.types.add(event.type);
    for (const check of checks) check();
  }

  function hearPreview(frame: Uint8Array): void {
    const { jobId, seq } = decodePreview(frame).header;
    previews += 1;
    say({ type: 'previewAck', jobId, seq });
  }

  function ofEach(isThere: (types: ReadonlySet<string>) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (![...seen.values()].every(({ types }) => isThere(types))) return;
      checks.delete(check);
      resolve();
    };
    checks.add(check);
    check();
    return Promise.race([promise, closed.promise]);
  }

  ws.on('message', (data, isBinary) => (isBinary ? hearPreview(data as Buffer) : hear(String(data))));
  ws.on('close', (code) => closed.reject(new Error(`the server closed a watcher with ${code}`)));
  await once(ws, 'open');
  say({ type: 'hello', protocol: 1, clientId: 'raw', preview });
  for (const jobId of jobIds) say({ type: 'watch', jobId });
  return {
    eventsOf: (jobId) => seen.get(jobId)?.texts ?? new Map(),
    get previews() {
      return previews;
    },
    heard: (type) => ofEach((types) => types.has(type)),
    heardAll: () => ofEach((types) => [...types].some((type) => isEnding({ type }))),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    close: () => ws.terminate(),
  };
}
