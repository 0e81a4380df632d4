/** The engine process: opens models on one device and makes one job's pictures at a time. Started by `engine-link.ts`. */
import { createHash } from 'node:crypto';
import type { GenerationEvent } from '../engine/events.js';
import { generate } from '../engine/generate.js';
import { encodePicture } from '../engine/image.js';
import { readModelFolder } from '../engine/model-folder.js';
import { loadPipeline, type Pipeline } from '../engine/pipeline.js';
import { paramsOfImage, type ResolvedParams } from '../engine/request.js';
import { SafelightError } from '../protocol/errors.js';
import type { EngineEvent, FromEngine, ToEngine } from './engine-messages.js';
import { describeError } from './log.js';
import { createModelCache, folderBytes } from './model-cache.js';
import { createRateGate } from './rate-gate.js';

const OUT_OF_MEMORY = /out of memory|failed to allocate|allocation failed|bad_alloc|ALLOC_FAILED/i;

type GenerateMessage = Extract<ToEngine, { type: 'generate' }>;

const previewGate = createRateGate();
let previewEncodeMs = 0;
const running = new Map<string, AbortController>();
/** Jobs wait for each other here: two at once would only share the device's memory. */
let tail: Promise<void> = Promise.resolve();

/** Resolves when the message is written, which also gives the event loop a turn. */
function send(message: FromEngine): Promise<void> {
  return new Promise((resolve) => {
    // A failed write means that the parent is gone: 'disconnect' ends this process.
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

function toEngineError(thrown: unknown): SafelightError {
  if (thrown instanceof SafelightError) return thrown;
  if (thrown instanceof Error && OUT_OF_MEMORY.test(thrown.message)) {
    return new SafelightError('OUT_OF_MEMORY', 'not enough memory: try a smaller picture', { cause: thrown });
  }
  return new SafelightError('ENGINE_FAILED', 'the engine broke on this job; the server log has the details', {
    cause: thrown,
  });
}

function reportError(thrown: unknown): SafelightError {
  const error = toEngineError(thrown);
  if (error.cause !== undefined) console.error(describeError(error));
  return error;
}

async function toEngineEvent(event: GenerationEvent, pipeline: Pipeline, params: ResolvedParams): Promise<EngineEvent> {
  if (event.type !== 'image') return event;
  const { picture, image, seed } = event;
  const bytes = await encodePicture(picture, paramsOfImage(params, image), pipeline.folder.summary);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { width, height } = picture;
  return { type: 'image', image, seed, width, height, format: params.format, sha256, bytes };
}

/** A cancel does not wait for the loading, which goes on for the next job that wants this model. */
async function openModel(modelDir: string, jobId: string, signal: AbortSignal): Promise<Pipeline> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const tell = (fraction: number) =>
    void send({ type: 'event', jobId, event: { type: 'stage', name: 'load', fraction } });
  try {
    return await Promise.race([models.open(modelDir, tell), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function runJob({ jobId, modelDir, params }: GenerateMessage): Promise<void> {
  const signal = running.get(jobId)?.signal ?? AbortSignal.abort();
  try {
    signal.throwIfAborted();
    const pipeline = await openModel(modelDir, jobId, signal);
    const previews = { wantPreview: previewGate.take, previewEncodeMs: () => previewEncodeMs };
    for await (const event of generate(pipeline, params, { signal, ...previews })) {
      await send({ type: 'event', jobId, event: await toEngineEvent(event, pipeline, params) });
    }
    await send({ type: 'done', jobId });
  } catch (thrown) {
    if (signal.aborted) await send({ type: 'cancelled', jobId });
    else await send({ type: 'error', jobId, body: reportError(thrown).toBody() });
  } finally {
    running.delete(jobId);
  }
}

function receive(message: ToEngine): void {
  switch (message.type) {
    case 'generate':
      running.set(message.jobId, new AbortController());
      tail = tail.then(() => runJob(message));
      return;
    case 'cancel':
      running.get(message.jobId)?.abort();
      return;
    case 'previews':
      previewGate.setRate(message.maxPerSecond);
      previewEncodeMs = message.encodeMs;
      return;
    default:
      message satisfies never;
  }
}

const [preloadDir = '', device = 'auto', maxModelBytes = '0'] = process.argv.slice(2);
const models = createModelCache<Pipeline>({
  load: async (dir, onProgress) => loadPipeline(await readModelFolder(dir), { device, onProgress }),
  release: (pipeline) => pipeline.release(),
  sizeOf: folderBytes,
  maxBytes: Number(maxModelBytes),
});

process.title = 'safelight-engine';
process.on('disconnect', () => process.exit(0));
// Ctrl-C, and the end of the terminal, reach every process there; what they mean is the parent's business.
process.on('SIGINT', () => {}).on('SIGHUP', () => {});
process.on('message', (message) => receive(message as ToEngine));
// Warm before the first job. What is wrong with it is told to the job that wants it.
models.open(preloadDir, () => {}).catch(() => {});
