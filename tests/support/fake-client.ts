/** A client without a server: the test says which events come, one by one; pictures are single-coloured PNGs. */
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import type { ClientEvent, ImageEvent } from '../../src/client/client.js';
import type { KeptClient } from '../../src/client/kept-client.js';
import type { JobEvent, PreviewWish, WelcomeMessage } from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';

type WithoutIds<T> = T extends unknown ? Omit<T, 'jobId' | 'seq'> : never;

export interface FakeJob {
  request: GenerationRequest;
  jobId: string;
  /** The UI asked for the job to end. */
  readonly isCancelled: boolean;
  /** The next event; the last one ends the job. */
  tell(event: WithoutIds<JobEvent>): void;
  /** A single-coloured preview of this size. */
  preview(width: number, height: number, color: Rgb, at?: { image?: number; step?: number }): void;
  /** started, `steps` steps, picture and end. */
  finish(seed: number, steps?: number): void;
  /** The link is lost, or the server refuses. */
  breakWith(error: Error): void;
}

export type Rgb = readonly [number, number, number];

export interface FakeClient extends KeptClient {
  readonly jobs: FakeJob[];
  readonly job: FakeJob;
  readonly wishes: PreviewWish[];
  /** How often a lost connection was to be tried at once. */
  retries: number;
  readonly acked: string[];
  /** The colour of every final. */
  readonly finalColor: Rgb;
}

const FINAL_COLOR: Rgb = [200, 80, 40];

const WELCOME: WelcomeMessage = {
  type: 'welcome',
  protocol: 1,
  server: 'safelight/0.0.0',
  epoch: 'fake',
  capabilities: {
    protocol: 1,
    server: 'safelight/0.0.0',
    models: [
      {
        id: 'tiny',
        name: 'Tiny',
        sizeMultipleOf: 64,
        guidanceScale: 4,
        steps: 20,
        scheduler: 'dpmpp_2m',
        img2img: true,
      },
    ],
    schedulers: ['ddim', 'dpmpp_2m'],
    limits: {},
    device: 'cpu',
    queueLength: 0,
  },
};

/** Events go in by the test and come out by the UI, each at its own pace. */
function createFakeJob(request: GenerationRequest, jobId: string, signal: AbortSignal | undefined) {
  const events: ClientEvent[] = [];
  let failure: Error | undefined;
  let wake = () => {};
  let seq = 0;
  const push = (event: ClientEvent) => {
    events.push(event);
    wake();
  };
  const tell: FakeJob['tell'] = (event) => push({ ...event, jobId, seq: ++seq } as JobEvent);
  const job: FakeJob = {
    request,
    jobId,
    get isCancelled() {
      return signal?.aborted ?? false;
    },
    tell,
    preview(width, height, color, { image = 0, step = 1 } = {}) {
      const bytes = new Uint8Array(width * height * 3).map((_, index) => color[index % 3]);
      push({ type: 'preview', jobId, seq: Math.max(1, seq), image, step, width, height, format: 'rgb', bytes });
    },
    finish(seed, steps = 4) {
      tell({ type: 'started', seeds: [seed] });
      for (let step = 1; step <= steps; step++) {
        tell({ type: 'progress', image: 0, step, steps, elapsedMs: step * 100, etaMs: (steps - step) * 100 });
      }
      const { width = 512, height = 512 } = request;
      const picture = { n: 0, seed, sha256: '', bytes: 1, width, height, format: 'png', href: '/x' } as const;
      tell({ type: 'image', ...picture });
      tell({ type: 'completed', seeds: [seed], timings: { queuedMs: 0, totalMs: 1 } });
    },
    breakWith(error) {
      failure = error;
      wake();
    },
  };
  async function* read(): AsyncGenerator<ClientEvent> {
    for (;;) {
      const event = events.shift();
      if (event !== undefined) {
        yield event;
        if (['completed', 'cancelled', 'failed'].includes(event.type)) return;
      } else if (failure !== undefined) {
        throw failure;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return { job, read };
}

export function createFakeClient(): FakeClient {
  const jobs: FakeJob[] = [];
  const wishes: PreviewWish[] = [];
  const acked: string[] = [];
  return {
    url: 'http://127.0.0.1:8000',
    welcome: WELCOME,
    jobs,
    wishes,
    acked,
    retries: 0,
    retryNow() {
      this.retries++;
    },
    finalColor: FINAL_COLOR,
    get job() {
      const job = jobs.at(-1);
      if (job === undefined) throw new Error('no job was submitted');
      return job;
    },
    generate(request, { jobId = randomUUID(), signal } = {}) {
      const { job, read } = createFakeJob(request, jobId, signal);
      jobs.push(job);
      return read();
    },
    resume({ jobId, params }, { signal } = {}) {
      const { job, read } = createFakeJob(params, jobId, signal);
      jobs.push(job);
      return read();
    },
    save: async (_, { seed }) => `${seed}.png`,
    hasUnfinished: false,
    async download({ width, height }: ImageEvent) {
      const [r, g, b] = FINAL_COLOR;
      const image = sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
      return new Uint8Array(await image.png().toBuffer());
    },
    ack: (jobId) => void acked.push(jobId),
    setPreview: (wish) => void wishes.push(wish),
    close: async () => {},
  };
}
