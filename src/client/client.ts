/** A safelight server as one object: submit, watch to the end through lost links, cancel, fetch the finals. */
import { randomUUID } from 'node:crypto';
import { SafelightError, toSafelightError } from '../protocol/errors.js';
import {
  isEnding,
  type JobEvent,
  type PreviewWish,
  type ServerMessage,
  type WelcomeMessage,
} from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { parseAddress } from './address.js';
import { downloadImage } from './download.js';
import { findServer } from './find-server.js';
import { request, toHeaders } from './http.js';
import type { ClientEvent, PreviewEvent } from './inbox.js';
import { type Link, type LinkLoss, type LinkNews, openLink, toRefusal } from './link.js';
import { randomSeed } from './random-seed.js';
import { createWatchedJob, type WatchedJob } from './watched-job.js';

export type { ClientEvent, LinkNews, PreviewEvent };
export type ImageEvent = Extract<JobEvent, { type: 'image' }>;

export interface ConnectOptions {
  url: string;
  token?: string | undefined;
  /** Left out = no previews. */
  preview?: PreviewWish | undefined;
  signal?: AbortSignal | undefined;
  /** The link went down (and will be tried again), or came back. */
  onLink?: (link: LinkNews) => void;
  /** So many bytes came, by either way: frames and pictures, without the headers and the encryption around them. */
  onBytes?: ((bytes: number) => void) | undefined;
}

export interface GenerateOptions {
  jobId?: string | undefined;
  signal?: AbortSignal | undefined;
  /** The job goes on when its reader leaves before the end: it stands in a journal. Only the signal cancels it. */
  outlivesReader?: boolean;
}

export interface Job {
  jobId: string;
  params: GenerationRequest;
}

/** What is submitted, and journalled, and if need be submitted again: id and seed are drawn here and nowhere else. */
export function toJob(params: GenerationRequest, jobId: string = randomUUID()): Job & { params: { seed: number } } {
  return { jobId, params: { ...params, seed: params.seed ?? randomSeed() } };
}

export interface Client {
  readonly url: string;
  /** Of the newest greeting. */
  readonly welcome: WelcomeMessage;
  /**
   * Submits the job and yields its events; the last one ends it. After the signal is aborted, `cancel` is sent and events
   * continue until the server reports the ending. A lost connection is retried: a server that still knows the job resumes it,
   * another one makes it again with the same seed, and no picture is yielded twice. A server that answers RATE_LIMITED is asked
   * again after the time that it names.
   * @throws SafelightError with the server's code when it refuses; CONNECTION_FAILED when the client is closed
   */
  generate(params: GenerationRequest, options?: GenerateOptions): AsyncGenerator<ClientEvent>;
  /** Fetches a final and checks its SHA-256. @throws SafelightError BAD_ANSWER | CONNECTION_FAILED | NOT_FOUND */
  download(image: ImageEvent, options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array>;
  /** The pictures of this job are safe here: the server need not keep them. */
  ack(jobId: string): void;
  /** From now on previews of this size, format and rate. */
  setPreview(wish: PreviewWish): void;
  /** Tries a lost connection again at once; nothing while it is up or being tried. */
  retryNow(): void;
  close(): Promise<void>;
}

/** @throws SafelightError CONNECTION_FAILED | UNAUTHORIZED | BAD_ANSWER | INVALID_PARAMS (the address) */
export async function connect({ url, token, preview, signal, onLink, onBytes }: ConnectOptions): Promise<Client> {
  const address = await findServer(parseAddress(url, token), signal);
  const jobs = new Map<string, WatchedJob>();
  let welcome: WelcomeMessage | undefined;
  let ended: SafelightError | undefined;

  const handlers = {
    onUp(news: WelcomeMessage) {
      const isReturn = welcome !== undefined;
      welcome = news;
      for (const job of jobs.values()) void goOn(job, news.epoch);
      if (isReturn) onLink?.({ state: 'up' });
    },
    onDown: (loss: LinkLoss) => onLink?.({ state: 'down', ...loss }),
    onFrame: (bytes: number) => onBytes?.(bytes),
    onPreview: (event: PreviewEvent) => jobs.get(event.jobId)?.inbox.push(event),
    onMessage(message: Exclude<ServerMessage, { type: 'welcome' | 'bye' }>) {
      if (message.type !== 'error') jobs.get(message.jobId)?.hear(message);
      else if (message.jobId !== undefined) onRefusal(message.jobId, toRefusal(message));
    },
    onEnd(reason: SafelightError) {
      ended = reason;
      for (const { inbox } of jobs.values()) inbox.fail(reason);
    },
  };
  const link: Link = await openLink({ address, preview, signal, handlers });
  if (welcome === undefined) throw new SafelightError('BAD_ANSWER', 'the server did not greet us');

  /** Tells the server of the job, or where we left it; and that it is not wanted any more, if so. */
  async function goOn(job: WatchedJob, epoch: string): Promise<void> {
    const { jobId, params } = job;
    clearTimeout(job.retry);
    job.retry = undefined;
    // Where nothing was heard of it yet, the cut may have swallowed the submit: the same again does no harm.
    if (job.epoch === epoch && job.seq > 0) link.send({ type: 'watch', jobId, epoch, afterSeq: job.seq });
    else {
      [job.epoch, job.seq] = [epoch, 0];
      if (job.isLarge) await submitLarge(job);
      else link.send({ type: 'submit', jobId, params });
    }
    if (job.cancelled) link.send({ type: 'cancel', jobId });
  }

  async function submitLarge(job: WatchedJob): Promise<void> {
    try {
      await putJob(job);
      link.send({ type: 'watch', jobId: job.jobId });
    } catch (error) {
      const refusal = toSafelightError(error);
      // Not told: the next greeting tries again. The link itself will notice that the server is gone.
      if (refusal.code === 'CONNECTION_FAILED' || refusal.code === 'SHUTTING_DOWN') job.epoch = undefined;
      else if (refusal.code === 'RATE_LIMITED') sendLater(job, refusal);
      else job.inbox.fail(refusal);
    }
  }

  /** The server has too much to do for now, which is no reason to give up a job: it is sent again after the time that it asked for. */
  function sendLater(job: WatchedJob, refusal: SafelightError): void {
    if (jobs.get(job.jobId) !== job) return; // its reader left meanwhile
    job.retry ??= setTimeout(() => void goOn(job, welcome?.epoch ?? ''), job.backoff.next(refusal));
  }

  async function putJob({ jobId, params }: WatchedJob): Promise<void> {
    await request(`${address.http}/jobs/${jobId}`, {
      method: 'PUT',
      headers: { ...toHeaders(address.token), 'content-type': 'application/json' },
      body: JSON.stringify(params),
    });
  }

  function onRefusal(jobId: string, refusal: SafelightError): void {
    const job = jobs.get(jobId);
    if (job !== undefined && refusal.code === 'RATE_LIMITED') {
      sendLater(job, refusal);
      return;
    }
    // A cancel that overtook its job's upload: it is said again after that.
    if (job?.isLarge === true && job.seq === 0 && refusal.code === 'NOT_FOUND') return;
    // The server forgot a job that it knew: it is submitted anew.
    if (job !== undefined && refusal.code === 'NOT_FOUND' && job.seq > 0) {
      const epoch = job.epoch ?? '';
      job.epoch = undefined;
      void goOn(job, epoch);
    } else job?.inbox.fail(refusal);
  }

  async function* generate(params: GenerationRequest, options: GenerateOptions = {}): AsyncGenerator<ClientEvent> {
    // Of a job that is resumed, the server may know this id: it must not make what is no longer wanted.
    if (options.signal?.aborted && options.jobId !== undefined) link.send({ type: 'cancel', jobId: options.jobId });
    options.signal?.throwIfAborted();
    if (ended !== undefined) throw ended;
    const { jobId, params: pinned } = toJob(params, options.jobId);
    const job = createWatchedJob(jobId, pinned);
    jobs.set(jobId, job);
    const cancel = () => {
      job.cancelled = true;
      link.send({ type: 'cancel', jobId });
      // It was refused for now, so the server has nothing to cancel and would not answer.
      if (job.retry !== undefined && job.seq === 0) job.inbox.push({ type: 'cancelled', jobId, seq: 1 });
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    let isOver = false;
    try {
      await goOn(job, welcome?.epoch ?? '');
      while (!isOver) {
        const event = await job.inbox.next();
        if (event.type === 'preview') link.send({ type: 'previewAck', jobId, seq: event.seq });
        isOver = isEnding(event);
        yield event;
      }
    } finally {
      options.signal?.removeEventListener('abort', cancel);
      clearTimeout(job.retry);
      jobs.delete(jobId);
      if (!isOver && options.outlivesReader !== true) cancel(); // the reader went away: nobody else waits for this job
    }
  }

  const greeted = welcome;
  return {
    url: address.http,
    get welcome() {
      return welcome ?? greeted;
    },
    generate,
    download: (image, options = {}) => downloadImage(address, image, { ...options, onBytes }),
    ack: (jobId) => link.send({ type: 'ack', jobId }),
    setPreview: link.setPreview,
    retryNow: link.retryNow,
    close: link.close,
  };
}
