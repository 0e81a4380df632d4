/** One server life after another on one data folder: how each ended, what its engine noted, what memory it took. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { EngineKill, ServerEnd } from './job-actions.js';
import type { ServerProcess, ServerProcesses } from './server-process.js';

/** Of an engine, on a machine that does many other things. */
const START_MS = 20_000;

export interface Life {
  pid: number;
  endedBy: ServerEnd | undefined;
}

/** What the stand-in engine wrote: a line when it began, and one with a job for each picture that it begins. */
export interface EngineNote {
  engine: string;
  pid: number;
  /** Process id of its server. */
  server: number;
  /** Of the machine's clock. */
  atMs: number;
  jobId?: string;
  image?: number;
}

export interface ServerLives {
  readonly all: readonly Life[];
  /** Number of the newest. */
  readonly now: number;
  readonly url: string;
  readonly dataDir: string;
  /** The signals that engines got. */
  readonly engineKills: readonly EngineKill[];
  /** The most memory that a server was seen with. */
  readonly peakBytes: number;
  /** @throws Error when it did not end well */
  end(how: ServerEnd): Promise<void>;
  /** @param killAtMs for one more life between the two, which gets no further */
  begin(killAtMs?: number): Promise<void>;
  killEngine(signal: EngineKill): Promise<void>;
  /** 0 when it was never counted. */
  metric(name: string): Promise<number>;
  measureMemory(): Promise<void>;
  notes(): Promise<EngineNote[]>;
  /** What the servers and their engines said. */
  lines(): string;
  /** Ends what still runs and removes what was written. */
  close(): Promise<void>;
}

/** Begins the first one. */
export async function createServerLives(processes: ServerProcesses): Promise<ServerLives> {
  const dir = await mkdtemp(join(tmpdir(), 'safelight-lives-'));
  const place = { dataDir: join(dir, 'data'), notes: join(dir, 'notes') };
  await mkdir(place.dataDir);
  const all: Life[] = [];
  const engineKills: EngineKill[] = [];
  const lines: string[][] = [];
  let server = start();
  let url = await server.ready;
  let peakBytes = 0;

  const newest = () => all[all.length - 1];

  function start(): ServerProcess {
    const started = processes.start(place);
    all.push({ pid: started.pid, endedBy: undefined });
    lines.push(started.lines);
    return started;
  }

  async function end(how: ServerEnd): Promise<void> {
    newest().endedBy = how;
    if (how === 'kill') return server.kill();
    const code = await server.close();
    if (code !== 0) throw new Error(`a server that was closed ended with ${code}`);
  }

  async function begin(killAtMs?: number): Promise<void> {
    server = start();
    if (killAtMs !== undefined) {
      await sleep(killAtMs);
      await end('kill');
      server = start();
    }
    url = await server.ready;
  }

  async function notes(): Promise<EngineNote[]> {
    const text = await readFile(place.notes, 'utf8').catch(() => ''); // none yet
    return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as EngineNote)));
  }

  async function killEngine(signal: EngineKill): Promise<void> {
    const engine = await vi.waitFor(async () => {
      const note = (await notes()).findLast(({ server: parent }) => parent === server.pid);
      if (note === undefined) throw new Error('no engine has begun');
      return note;
    }, START_MS);
    engineKills.push(signal);
    try {
      process.kill(engine.pid, signal);
    } catch {
      // It is dead already, and the next one has not begun.
    }
  }

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? 0);
  }

  return {
    ...{ all, engineKills, dataDir: place.dataDir, end, begin, killEngine, metric, notes },
    get now() {
      return all.length - 1;
    },
    get url() {
      return url;
    },
    get peakBytes() {
      return peakBytes;
    },
    async measureMemory() {
      peakBytes = Math.max(peakBytes, await metric('process_resident_memory_bytes'));
    },
    lines: () => lines.map((each, life) => `life ${life}:\n${each.join('')}`).join('\n'),
    async close() {
      if (newest().endedBy === undefined) await server.kill();
      await rm(dir, { recursive: true });
    },
  };
}
