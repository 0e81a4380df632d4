/** One connection to a safelight server: submit, watch to the end, cancel, fetch the finals. */
import { createHash, randomUUID } from 'node:crypto';
import { decodePreview, decodeServerMessage, encodeClientMessage } from '../protocol/codec.js';
import { SafelightError, toErrorCode } from '../protocol/errors.js';
import {
  type ClientMessageInput,
  isEnding,
  type JobEvent,
  MAX_INBOUND_FRAME_BYTES,
  PROTOCOL_VERSION,
  type PreviewWish,
  type ServerMessage,
  type WelcomeMessage,
} from '../protocol/messages.js';
import type { GenerationRequest } from '../protocol/params.js';
import { parseAddress, type ServerAddress } from './address.js';
import { request, toHeaders } from './http.js';
import { type ClientEvent, createInbox, type Inbox, type PreviewEvent } from './inbox.js';
import { type ClientSocket, openSocket } from './socket.js';

export type { ClientEvent, PreviewEvent };
export type ImageEvent = Extract<JobEvent, { type: 'image' }>;

export interface ConnectOptions {
  url: string;
  token?: string | undefined;
  /** Left out = no previews. */
  preview?: PreviewWish | undefined;
  signal?: AbortSignal | undefined;
}

export interface GenerateOptions {
  jobId?: string;
  signal?: AbortSignal | undefined;
}

export interface Client {
  readonly url: string;
  readonly welcome: WelcomeMessage;
  /**
   * Submits and tells everything, to the event that ends the job: the last one. Aborting the signal sends `cancel`, and
   * the telling goes on until the server says how it ended.
   * @throws SafelightError with the server's code when it refuses; CONNECTION_FAILED when the link is lost
   */
  generate(params: GenerationRequest, options?: GenerateOptions): AsyncGenerator<ClientEvent>;
  /** Fetches a final and checks its SHA-256. @throws SafelightError BAD_ANSWER when it is not what was announced */
  download(image: ImageEvent, options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array>;
  /** The pictures of this job are safe here: the server need not keep them. */
  ack(jobId: string): void;
  /** From now on previews of this size, format and rate. */
  setPreview(wish: PreviewWish): void;
  close(): Promise<void>;
}

/** @throws SafelightError CONNECTION_FAILED | UNAUTHORIZED | BAD_ANSWER | INVALID_PARAMS (the address) */
export async function connect({ url, token, preview, signal }: ConnectOptions): Promise<Client> {
  const address = parseAddress(url, token);
  const clientId = randomUUID();
  const inboxes = new Map<string, Inbox>();
  const greeting = Promise.withResolvers<WelcomeMessage>();
  greeting.promise.catch(() => {}); // whoever waits is told below
  let lost: SafelightError | undefined;

  const onClose = (code: number, reason: string) => {
    lost ??= new SafelightError(
      'CONNECTION_FAILED',
      `the link to the server was lost (${reason === '' ? code : reason})`,
    );
    greeting.reject(lost);
    for (const inbox of inboxes.values()) inbox.fail(lost);
  };
  const onMessage = (message: ServerMessage) => {
    if (message.type === 'welcome') greeting.resolve(message);
    else if (message.type === 'bye') lost ??= new SafelightError('SHUTTING_DOWN', message.reason);
    else if (message.type !== 'error') inboxes.get(message.jobId)?.push(message);
    else if (message.jobId !== undefined) inboxes.get(message.jobId)?.fail(toRefusedError(message));
    else greeting.reject(toRefusedError(message));
  };
  const socket = await openSocket(
    address.webSocket,
    address.token,
    {
      onText: (text) => tolerate(() => onMessage(decodeServerMessage(text))),
      onBytes: (bytes) => tolerate(() => onPreview(bytes, inboxes)),
      onClose,
    },
    signal,
  );
  const send = (message: ClientMessageInput) => socket.send(encodeClientMessage(message));
  const hello = (wish?: PreviewWish) =>
    send({ type: 'hello', protocol: PROTOCOL_VERSION, clientId, ...(wish && { preview: wish }) });

  async function* generate(params: GenerationRequest, options: GenerateOptions = {}): AsyncGenerator<ClientEvent> {
    const { jobId = randomUUID() } = options;
    options.signal?.throwIfAborted();
    if (lost !== undefined) throw lost;
    const inbox = createInbox();
    inboxes.set(jobId, inbox);
    const cancel = () => send({ type: 'cancel', jobId });
    options.signal?.addEventListener('abort', cancel, { once: true });
    let ended = false;
    try {
      await submit(address, socket, jobId, params);
      while (!ended) {
        const event = await inbox.next();
        if (event.type === 'preview') send({ type: 'previewAck', jobId, seq: event.seq });
        ended = isEnding(event);
        yield event;
      }
    } finally {
      options.signal?.removeEventListener('abort', cancel);
      inboxes.delete(jobId);
      if (!ended) cancel(); // the reader went away: nobody else waits for this job
    }
  }

  try {
    hello(preview);
    const welcome = await greeting.promise;
    return {
      url: address.http,
      welcome,
      generate,
      download: (image, options = {}) => download(address, image, options.signal),
      ack: (jobId) => send({ type: 'ack', jobId }),
      setPreview: hello,
      close: () => socket.close(),
    };
  } catch (error) {
    await socket.close();
    throw error;
  }
}

/** What a newer server may say and we do not know is passed over. */
function tolerate(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
  }
}

function onPreview(frame: Uint8Array, inboxes: Map<string, Inbox>): void {
  const { header, payload } = decodePreview(frame);
  inboxes.get(header.jobId)?.push({ ...header, bytes: payload });
}

/** Over the socket; with input pictures, which no frame can hold, by HTTP and a `watch`. */
async function submit(address: ServerAddress, socket: ClientSocket, jobId: string, params: GenerationRequest) {
  // The schema's input and output differ only in defaults, which the server fills.
  const message = encodeClientMessage({ type: 'submit', jobId, params });
  if (Buffer.byteLength(message) <= MAX_INBOUND_FRAME_BYTES) {
    socket.send(message);
    return;
  }
  await request(`${address.http}/jobs/${jobId}`, {
    method: 'PUT',
    headers: { ...toHeaders(address.token), 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  socket.send(encodeClientMessage({ type: 'watch', jobId }));
}

async function download(address: ServerAddress, image: ImageEvent, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await request(`${address.http}${image.href}`, {
    headers: toHeaders(address.token),
    ...(signal && { signal }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === image.sha256) return bytes;
  throw new SafelightError('BAD_ANSWER', `picture ${image.n} arrived damaged: its hash is not the announced one`);
}

function toRefusedError({ code, message, issues }: Extract<ServerMessage, { type: 'error' }>): SafelightError {
  return new SafelightError(toErrorCode(code, 'BAD_ANSWER'), message, { issues });
}
