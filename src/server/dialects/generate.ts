/** `POST /generate`: one blocking call, as the first Colab servers had it; several names for one thing are understood. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Issue, SafelightError, toInvalidParams, toRefusal } from '../../protocol/errors.js';
import type { Timings } from '../../protocol/messages.js';
import { type GenerationParams, GenerationParamsSchema } from '../../protocol/params.js';
import { isRandomSeed } from '../../protocol/seed.js';
import type { ImageStore } from '../image-store.js';
import type { Job } from '../job.js';
import type { JobQueue } from '../job-queue.js';

/** Our name for each name that a caller may use. The format is not among them: the answer is PNG. */
const FIELD_OF_NAME: Record<string, keyof GenerationParams> = {
  prompt: 'prompt',
  negative: 'negativePrompt',
  negative_prompt: 'negativePrompt',
  negativePrompt: 'negativePrompt',
  width: 'width',
  height: 'height',
  steps: 'steps',
  num_inference_steps: 'steps',
  guidance: 'guidanceScale',
  guidance_scale: 'guidanceScale',
  guidanceScale: 'guidanceScale',
  seed: 'seed',
  scheduler: 'scheduler',
  count: 'count',
  init_image_base64: 'initImage',
  mask_base64: 'maskImage',
  strength: 'strength',
};

export interface GenerateAnswer {
  image_base64: string;
  seed: number;
  images_base64: string[];
  seeds: number[];
  timings: Timings;
  /** What a person should know of the request, where there is something. */
  notes?: string[];
}

const ObjectSchema = z.record(z.string(), z.unknown(), 'the body must be a JSON object');

/** @throws SafelightError INVALID_PARAMS, in the caller's own names */
export function parseGenerateBody(body: unknown): GenerationParams {
  const { params, ...flat } = parseObject(body);
  const nested = params === undefined || params === null ? {} : parseObject(params);
  const fields: Record<string, unknown> = {};
  const nameOf = new Map<string, string>();
  const issues: Issue[] = [];
  for (const [name, value] of [...Object.entries(flat), ...Object.entries(nested)]) {
    if (value === null) continue; // as good as left out
    const field = Object.hasOwn(FIELD_OF_NAME, name) ? FIELD_OF_NAME[name] : undefined;
    const other = nameOf.get(field ?? '');
    if (field === undefined) issues.push({ path: name, message: 'is not a parameter of /generate' });
    else if (other !== undefined) issues.push({ path: name, message: `says the same as ${other}; send one of them` });
    else {
      nameOf.set(field, name);
      if (field === 'seed' && isRandomSeed(value)) continue;
      fields[field] = field === 'initImage' || field === 'maskImage' ? withoutDataUrl(value) : value;
    }
  }
  if (issues.length > 0) throw toRefusal(issues);
  const result = GenerationParamsSchema.safeParse(fields);
  if (result.success) return result.data;
  const named = result.error.issues.map((issue) => {
    const [field = '', ...rest] = issue.path;
    return { ...issue, path: [nameOf.get(String(field)) ?? toUsualName(field), ...rest] };
  });
  throw toInvalidParams(new z.ZodError(named));
}

/**
 * Runs the job and waits for its pictures; the signal (the caller hung up) cancels it.
 * @throws SafelightError with the code of what ended the job
 */
export async function answerGenerate(
  body: unknown,
  { queue, images }: { queue: JobQueue; images: ImageStore },
  signal: AbortSignal,
): Promise<GenerateAnswer> {
  // Whoever asked this way hangs on this one request: a job that outlived it would be made for nobody.
  const { job } = queue.submit(randomUUID(), parseGenerateBody(body), { isDurable: false });
  const cancel = () => queue.cancel(job.id);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const timings = await waitForEnd(job);
    const files = await Promise.all(job.images.map(({ n, format }) => images.read({ jobId: job.id, n, format })));
    const encoded = files.map((file) => file.toString('base64'));
    const seeds = [...job.seeds];
    const notes = job.notes && { notes: [...job.notes] };
    return { image_base64: encoded[0], seed: seeds[0], images_base64: encoded, seeds, timings, ...notes };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function waitForEnd(job: Job): Promise<Timings> {
  await job.untilEnded();
  if (job.ending?.type === 'completed') return job.ending.timings;
  throw job.error ?? new SafelightError('CANCELLED', 'the job was cancelled');
}

function parseObject(value: unknown): Record<string, unknown> {
  const result = ObjectSchema.safeParse(value);
  if (!result.success) throw toInvalidParams(result.error);
  return result.data;
}

/** For what the caller left out. */
function toUsualName(field: PropertyKey): PropertyKey {
  return Object.keys(FIELD_OF_NAME).find((name) => FIELD_OF_NAME[name] === field) ?? field;
}

function withoutDataUrl(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^data:[^,]{0,100},/, '') : value;
}
