/** The HTTP routes (design §5) as one fetch handler: no port, no process, all neighbours given. */
import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { z } from 'zod';
import { parseWith, SafelightError, toSafelightError } from '../protocol/errors.js';
import type { Capabilities, JobSnapshot } from '../protocol/messages.js';
import { GenerationParamsSchema, type ImageFormat } from '../protocol/params.js';
import type { Authorize } from './auth.js';
import { answerGenerate } from './dialects/generate.js';
import { readJsonBody } from './http-body.js';
import { toErrorResponse } from './http-error.js';
import { toFileResponse } from './http-file.js';
import type { Caller } from './http-listener.js';
import type { ImageStore } from './image-store.js';
import type { Job } from './job.js';
import type { JobQueue } from './job-queue.js';
import { describeError, type Log } from './log.js';
import type { Metrics } from './metrics.js';

export interface AppDeps {
  queue: JobQueue;
  images: ImageStore;
  /** Random per server life. */
  epoch: string;
  capabilities: () => Capabilities;
  authorize: Authorize;
  /** Web pages that are told, as browsers ask for it, that they may. */
  allowedOrigins?: readonly string[];
  metrics: Metrics;
  log: Log;
}

/** Enough to tell a quick line from a slow one, little of a tunnel's monthly gigabyte. */
const THROUGHPUT_BYTES = 256 * 1024;
const EXPOSED_HEADERS = ['etag', 'content-range', 'retry-after'];
const CONTENT_TYPES: Record<ImageFormat, string> = { png: 'image/png', webp: 'image/webp', jpeg: 'image/jpeg' };
const JobIdSchema = z.uuid('a job id is a UUID');
const ImageNumberSchema = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number);
const WrappedParamsSchema = z.strictObject({ params: GenerationParamsSchema });

export function createApp(deps: AppDeps): Hono<{ Bindings: Caller }> {
  const { queue, images, epoch, capabilities, authorize, allowedOrigins = [], metrics, log } = deps;
  const app = new Hono<{ Bindings: Caller }>();
  const toSnapshot = (job: Job): JobSnapshot => ({ ...job.toSnapshot(), epoch });

  app.get('/healthz', (c) => c.json({ ok: true }));
  // Before the token: a browser's question whether a page may ask carries none.
  if (allowedOrigins.length > 0) app.use(cors({ origin: [...allowedOrigins], exposeHeaders: EXPOSED_HEADERS }));
  app.use(async (c, next) => {
    const { authorization, origin, host } = c.req.header();
    authorize({ authorization, origin, host });
    c.env?.trust(); // there is no connection in tests without a port
    await next();
  });
  app.notFound(() => {
    throw new SafelightError('NOT_FOUND', 'there is no such route');
  });
  app.onError((thrown, c) => {
    const error = toSafelightError(thrown);
    metrics.refused(error.code);
    if (error.code === 'INTERNAL')
      log('request broke', { method: c.req.method, path: c.req.path, level: 'error', error: describeError(error) });
    return toErrorResponse(error);
  });

  app.get('/metrics', async (c) => c.body(await metrics.toText(), 200, { 'content-type': metrics.contentType }));
  app.get('/capabilities', (c) => c.json(capabilities()));
  // Random: nothing on the way can make it smaller.
  app.get('/throughput', (c) => c.body(randomBytes(THROUGHPUT_BYTES)));
  app.get('/jobs', (c) => c.json({ jobs: queue.list().map((job) => toSnapshot(job)) }));
  app.get('/jobs/:id', (c) => c.json(toSnapshot(queue.get(toJobId(c)))));
  app.delete('/jobs/:id', async (c) => {
    const job = queue.cancel(toJobId(c));
    if (job.state === 'queued') await job.untilEnded();
    return c.json(toSnapshot(job));
  });
  app.put('/jobs/:id', async (c) => {
    const jobId = toJobId(c);
    const { job, created, stored } = queue.submit(jobId, parseParams(await readJsonBody(c.req.raw)));
    await stored;
    return c.json(toSnapshot(job), created ? 201 : 200);
  });
  app.get('/jobs/:id/images/:n', async (c) => {
    const job = queue.get(toJobId(c));
    const n = ImageNumberSchema.safeParse(c.req.param('n')).data;
    const image = job.images.find((each) => each.n === n);
    if (image === undefined) throw new SafelightError('NOT_FOUND', 'the job has no such picture, or not yet');
    const bytes = await images.read({ jobId: job.id, n: image.n, format: image.format });
    const contentType = CONTENT_TYPES[image.format];
    const response = toFileResponse(c.req.raw.headers, { bytes, contentType, sha256: image.sha256 });
    metrics.sent('picture', Number(response.headers.get('content-length') ?? 0));
    return response;
  });
  app.post('/generate', async (c) => {
    const body = await readJsonBody(c.req.raw);
    return c.json(await answerGenerate(body, { queue, images }, c.req.raw.signal));
  });
  return app;
}

function toJobId(c: Context): string {
  return parseWith(JobIdSchema, c.req.param('id'), 'BAD_MESSAGE');
}

/** The parameters themselves, or wrapped as in the WebSocket's `submit`. */
function parseParams(body: unknown) {
  const isWrapped = typeof body === 'object' && body !== null && 'params' in body;
  return isWrapped ? parseWith(WrappedParamsSchema, body).params : parseWith(GenerationParamsSchema, body);
}
