/** One greeted WebSocket to a server, frame by frame: nothing is tried again, nothing is passed over. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import { decodePreview, decodeServerMessage, encodeClientMessage } from '../../src/protocol/codec.js';
import {
  type ClientMessageInput,
  type PreviewHeader,
  type PreviewWish,
  type ServerMessage,
  SUBPROTOCOL,
} from '../../src/protocol/messages.js';

export interface WireSocket {
  /** Of the server's greeting. */
  readonly epoch: string;
  /** Nothing when it is closed. */
  send(message: ClientMessageInput): void;
  /** Takes nothing more from the network. */
  pause(): void;
  resume(): void;
  /** Vanishes without a word. */
  cut(): Promise<void>;
}

export interface WireHandlers {
  onMessage(message: ServerMessage): void;
  onPreview(header: PreviewHeader, payload: Uint8Array): void;
  /** Once, whoever closed it. */
  onClose(code: number): void;
}

/** @throws Error when the server is away or does not greet us */
export async function openWireSocket(
  url: string,
  preview: PreviewWish | undefined,
  { onMessage, onPreview, onClose }: WireHandlers,
): Promise<WireSocket> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, SUBPROTOCOL, { perMessageDeflate: false });
  await once(ws, 'open');
  ws.send(encodeClientMessage({ type: 'hello', protocol: 1, clientId: randomUUID(), preview }));
  const [first] = (await once(ws, 'message')) as [RawData];
  const welcome = decodeServerMessage(String(first));
  if (welcome.type !== 'welcome') throw new Error(`the server said ${welcome.type} instead of welcome`);
  const closed = once(ws, 'close');
  ws.on('message', (data, isBinary) => {
    if (!isBinary) return onMessage(decodeServerMessage(String(data)));
    const { header, payload } = decodePreview(toBytes(data));
    onPreview(header, payload);
  });
  ws.on('error', () => {}); // 'close' follows, and tells it
  ws.on('close', onClose);
  return {
    epoch: welcome.epoch,
    send: (message) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(encodeClientMessage(message));
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    async cut() {
      ws.resume(); // a paused one would not notice that it is closed
      ws.terminate();
      await closed;
    },
  };
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
