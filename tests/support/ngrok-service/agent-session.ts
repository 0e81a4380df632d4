/** One agent that is logged in, or wants to be: its requests, its heartbeats, and the streams that the public side opens to it. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createMuxadoSession } from './muxado-session.js';

export const STREAM = { auth: 0, bind: 1, unbind: 2, proxy: 3, stopTunnel: 9, heartbeat: 0xffff_ffff } as const;
/** How often the service asks, and looks who is silent. */
const BEAT_MS = 500;
const NANOSECONDS = 1e6;

export interface AgentSession {
  /** undefined until it is logged in. */
  id: string | undefined;
  readonly streams: number;
  /** A public connection, from here on in plain HTTP. */
  proxy(endpointId: string, clientAddress: string): Duplex;
  /** The agent promised to be heard within this time; after it the session is dropped. */
  expectBeats(intervalNs: number, toleranceNs: number): void;
  stopTunnel(endpointId: string, text: string, code: string): void;
  goAway(): void;
  end(): void;
}

export interface AgentSessionOptions {
  line: TLSSocket;
  /** @returns the answer; undefined = none ever */
  answer: (type: number, request: unknown) => object | undefined;
  onEnd: () => void;
}

export function openAgentSession({ line, answer, onEnd }: AgentSessionOptions): AgentSession {
  let silenceMs = Number.POSITIVE_INFINITY;
  let heardAtMs = performance.now();
  const muxado = createMuxadoSession(line, {
    onStream(type, stream) {
      if (type === STREAM.heartbeat) stream.on('data', (beat) => stream.write(beat));
      else readJson(stream, (request) => reply(stream, answer(type, request)));
    },
    // The agent says so, and leaves it to us to close.
    onGoAway: () => line.end(),
  });
  line.on('data', () => {
    heardAtMs = performance.now();
  });
  const beat = muxado.open(STREAM.heartbeat);
  beat.resume();
  const timer = setInterval(() => {
    if (performance.now() - heardAtMs > silenceMs) line.destroy();
    else beat.write(randomBytes(4));
  }, BEAT_MS);
  line.on('close', () => {
    clearInterval(timer);
    onEnd();
  });

  return {
    id: undefined,
    get streams() {
      return muxado.size;
    },
    proxy(endpointId, clientAddress) {
      const stream = muxado.open(STREAM.proxy);
      const header = {
        Id: endpointId,
        ClientAddr: clientAddress,
        Proto: 'https',
        EdgeType: '0',
        PassthroughTLS: false,
      };
      const json = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigInt64LE(BigInt(json.length)); // the one number in the protocol that is little-endian
      stream.write(Buffer.concat([length, json]));
      return stream;
    },
    expectBeats(intervalNs, toleranceNs) {
      silenceMs = (intervalNs + toleranceNs) / NANOSECONDS;
    },
    stopTunnel(endpointId, text, code) {
      const stream = muxado.open(STREAM.stopTunnel);
      stream.end(JSON.stringify({ Id: endpointId, Message: text, ErrorCode: code }));
    },
    goAway: muxado.goAway,
    end: () => void line.destroy(),
  };
}

/** The agent does not close its half: the request is over when it is whole JSON. */
function readJson(stream: Duplex, then: (request: unknown) => void): void {
  let text = '';
  let isWhole = false;
  stream.on('data', (bytes) => {
    text += String(bytes);
    const request = isWhole ? undefined : parse(text);
    if (request === undefined) return;
    isWhole = true;
    then(request);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // more will come
  }
}

function reply(stream: Duplex, response: object | undefined): void {
  if (response !== undefined) stream.end(JSON.stringify(response));
}
