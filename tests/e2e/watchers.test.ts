/** Five hundred watchers on one `safelight serve`: each is told of every picture and ending, also beside one that never reads. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PreviewWish } from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { openRawWatcher, type RawWatcher } from '../support/raw-watcher.js';
import { enginePid, type ServeProcess, startServe } from '../support/run-safelight.js';

const WATCHERS = 500;
const LIMITS = ['--max-connections', '600', '--max-sockets', '600'];
const MAX_GROWTH_BYTES = 150e6;
/** In turn. */
const WISHES: readonly (PreviewWish | undefined)[] = [
  undefined,
  { maxWidth: 64, maxHeight: 64, format: 'rgb', maxPerSecond: 8 },
  undefined,
  { maxWidth: 256, maxHeight: 256, format: 'jpeg', maxPerSecond: 4 },
];
/** A newer one of these stands for the older. */
const MERGED = new Set(['queued', 'stage', 'progress']);

let server: ServeProcess;
let dataDir: string;
const watchers: RawWatcher[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir, ...LIMITS]);
});
afterAll(async () => {
  for (const watcher of watchers) watcher.close();
  expect(await server.stop()).toBe(0);
  await rm(dataDir, { recursive: true });
});

async function ask(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${server.token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

async function submit(params: Partial<GenerationRequest>): Promise<string> {
  const jobId = randomUUID();
  await ask(`/jobs/${jobId}`, { method: 'PUT', body: JSON.stringify({ prompt: 'a lake', seed: 1, ...params }) });
  return jobId;
}

const cancel = (jobId: string) => ask(`/jobs/${jobId}`, { method: 'DELETE' });

async function rssBytes(): Promise<number> {
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(await ask('/metrics'))?.[1]);
}

async function open(count: number, jobIds: string[]): Promise<RawWatcher[]> {
  const wishes = Array.from({ length: count }, (_, i) => WISHES[i % WISHES.length]);
  const opened = await Promise.all(wishes.map((preview) => openRawWatcher({ server, jobIds, preview })));
  watchers.push(...opened);
  return opened;
}

/** A watcher's own, so that no other one has to be asked. */
async function untilStep(jobId: string): Promise<void> {
  const [watcher] = await open(1, [jobId]);
  await watcher.heard('progress');
}

/** What a watcher has of a job against the whole log. */
function compare(own: ReadonlyMap<number, string>, log: ReadonlyMap<number, string>) {
  const isOvertaken = (text: string) => MERGED.has(JSON.parse(text).type);
  return {
    lost: [...log].filter(([seq, text]) => !own.has(seq) && !isOvertaken(text)),
    wrong: [...own].filter(([seq, text]) => log.get(seq) !== text),
    isInOrder: [...own.keys()].every((seq, i, all) => i === 0 || seq > all[i - 1]),
  };
}

test('every one gets every ending, and what the server holds stays small', { timeout: 120_000 }, async () => {
  const rssBefore = await rssBytes();
  const holder = await submit({ width: 1024, height: 1024, steps: 100, count: 16 });
  const jobIds = [
    await submit({ width: 512, height: 512, steps: 12, count: 2 }),
    await submit({ width: 512, height: 512, steps: 100 }),
    await submit({ width: 512, height: 512, steps: 100 }),
  ];
  const [idle, ...readers] = await open(WATCHERS, jobIds);
  idle.pause();
  await Promise.all(readers.map((reader) => reader.heard('queued')));

  await cancel(holder);
  await untilStep(jobIds[1]);
  await cancel(jobIds[1]);
  await untilStep(jobIds[2]);
  process.kill(enginePid(server), 'SIGKILL');
  await Promise.all(readers.map((reader) => reader.heardAll()));
  const growth = (await rssBytes()) - rssBefore;

  idle.resume();
  const [late] = await open(1, jobIds);
  await Promise.all([idle.heardAll(), late.heardAll()]);
  const endings = jobIds.map((jobId) => [...late.eventsOf(jobId).values()].at(-1));
  expect(endings.map((text = '') => JSON.parse(text).type)).toEqual(['completed', 'cancelled', 'failed']);
  for (const jobId of jobIds) {
    const log = late.eventsOf(jobId);
    expect([...log.keys()]).toEqual(Array.from({ length: log.size }, (_, i) => i + 1));
    for (const watcher of [idle, ...readers]) {
      expect(compare(watcher.eventsOf(jobId), log)).toEqual({ lost: [], wrong: [], isInOrder: true });
    }
  }
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
});
