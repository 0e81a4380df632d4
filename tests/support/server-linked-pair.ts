/** A server-side socket and the client's end of it, in one process and with no port. */
import { decodePreview, decodeServerMessage, encodeClientMessage } from '../../src/protocol/codec.js';
import type { ClientMessageInput, PreviewHeader, ServerMessage } from '../../src/protocol/messages.js';
import type { Socket } from '../../src/server/socket.js';

export interface ClientEnd {
  send(message: ClientMessageInput): void;
  sendRaw(data: string | Uint8Array): void;
  /** The client vanishes. */
  drop(): void;
  /** Everything that the server sent, in order. */
  readonly messages: ServerMessage[];
  readonly previews: { header: PreviewHeader; payload: Uint8Array; after: number }[];
  /** Code with which the server closed. */
  readonly closedWith: number | undefined;
  /** While held, the network takes nothing: sends of the server stay unfinished. */
  hold(): void;
  release(): void;
}

export function createLinkedPair(): { socket: Socket; client: ClientEnd } {
  const messages: ServerMessage[] = [];
  const previews: { header: PreviewHeader; payload: Uint8Array; after: number }[] = [];
  const messageListeners: ((data: string | Uint8Array) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let closedWith: number | undefined;
  let gone = false;
  let flowing = Promise.resolve();
  let flow = () => {};

  const end = () => {
    if (gone) return;
    gone = true;
    for (const listener of closeListeners) listener();
  };
  const socket: Socket = {
    async send(data) {
      if (gone) throw new Error('the socket is gone');
      if (typeof data === 'string') messages.push(decodeServerMessage(data));
      else previews.push({ ...decodePreview(data), after: messages.length });
      await flowing;
    },
    close(code) {
      closedWith ??= code;
      end();
    },
    onMessage: (listener) => messageListeners.push(listener),
    onClose: (listener) => closeListeners.push(listener),
  };
  const sendRaw = (data: string | Uint8Array) => {
    for (const listener of messageListeners) listener(data);
  };
  const client: ClientEnd = {
    send: (message) => sendRaw(encodeClientMessage(message)),
    sendRaw,
    drop: end,
    messages,
    previews,
    get closedWith() {
      return closedWith;
    },
    hold() {
      flowing = new Promise((resolve) => {
        flow = resolve;
      });
    },
    release: () => flow(),
  };
  return { socket, client };
}
