/** A queue on a fake engine and a throw-away data folder: what most server tests stand on. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Capabilities, ModelSummary } from '../../src/protocol/messages.js';
import { type GenerationParams, GenerationParamsSchema, type GenerationRequest } from '../../src/protocol/params.js';
import { createImageStore, type ImageStore } from '../../src/server/image-store.js';
import { type JobQueue, openJobQueue } from '../../src/server/job-queue.js';
import { createJobStore } from '../../src/server/job-store.js';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.js';
import type { Log } from '../../src/server/log.js';
import { createMetrics, type Metrics } from '../../src/server/metrics.js';
import { createModelCatalog } from '../../src/server/model-catalog.js';
import { createFakeEngine, type FakeEngine } from './fake-engine.js';

export const MODEL: ModelSummary = {
  id: 'fake',
  name: 'Fake',
  sizeMultipleOf: 8,
  guidanceScale: 7.5,
  steps: 25,
  img2img: true,
};

export const OTHER_MODEL: ModelSummary = { ...MODEL, id: 'second', sizeMultipleOf: 64 };

export interface ServerRig {
  dataDir: string;
  engine: FakeEngine;
  images: ImageStore;
  queue: JobQueue;
  epoch: string;
  capabilities: () => Capabilities;
  /** What the server wrote to its log. */
  lines: string[];
  log: Log;
  metrics: Metrics;
  messagesPerSecond: number;
}

export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'safelight-test-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Each message with its fields is a line; what goes well is left out. */
export function createTestLog(lines: string[]): Log {
  return (message, { level, ...fields } = {}) => {
    if (level !== 'info') lines.push(`${message} ${JSON.stringify(fields)}`);
  };
}

/** @param steps that the engine may take without being allowed more  @param notes of every job */
export async function createServerRig(
  options: {
    steps?: number;
    notes?: string[];
    maxEndedJobs?: number;
    limits?: Partial<ServerLimits>;
    dataDir?: string;
  } = {},
): Promise<ServerRig> {
  const { steps = 0, maxEndedJobs, limits, dataDir = await makeDataDir() } = options;
  const engine = createFakeEngine(steps, options.notes);
  const images = await createImageStore(dataDir);
  const lines: string[] = [];
  const log = createTestLog(lines);
  const metrics: Metrics = createMetrics({ queueLength: () => queue.length, clients: () => 0 });
  const models = createModelCatalog([MODEL, OTHER_MODEL].map((summary) => ({ dir: `/models/${summary.id}`, summary })));
  const store = await createJobStore(dataDir, log);
  const all = { ...DEFAULT_LIMITS, ...limits };
  const queue = await openJobQueue({ engine, images, store, models, metrics, log, maxEndedJobs, limits: all });
  onTestFinished(() => queue.close());
  const capabilities = (): Capabilities => ({
    protocol: 1,
    server: 'safelight/test',
    models: models.list(),
    schedulers: [],
    limits: {},
    device: engine.device,
    queueLength: queue.length,
  });
  const { messagesPerSecond } = all;
  return { dataDir, engine, images, queue, epoch: randomUUID(), capabilities, lines, log, metrics, messagesPerSecond };
}

export function toParams(request: Partial<GenerationRequest> = {}): GenerationParams {
  return GenerationParamsSchema.parse({ prompt: 'a lake', steps: 2, ...request });
}
