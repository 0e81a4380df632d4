/** A WebSocket that knows when a message has been dealt with: behind each it asks for a job that nobody has. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ServerMessage, ServerMessageSchema } from '../../src/protocol/messages.js';
import type { ServeProcess } from './run-safelight.js';

export interface Reaction {
  /** All that the server said meanwhile, also of jobs. */
  messages: ServerMessage[];
  /** When it closed instead. */
  closedWith: number | undefined;
}

export interface ProbedSocket {
  /** @param text need not be text */
  say(text: Uint8Array): Promise<Reaction>;
  close(): void;
}

/** Opens another socket where the server closed the last one. */
export function createProbedSocket({ url, token }: Pick<ServeProcess, 'url' | 'token'>): ProbedSocket {
  let open: WebSocket | undefined;

  async function connect(): Promise<WebSocket> {
    const headers = { authorization: `Bearer ${token}` };
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers, perMessageDeflate: false });
    ws.on('error', () => {}); // 'close' tells it
    await once(ws, 'open');
    const welcomed = once(ws, 'message');
    ws.send(JSON.stringify({ type: 'hello', protocol: 1, clientId: 'hostile' }));
    await welcomed;
    return ws;
  }

  async function say(text: Uint8Array): Promise<Reaction> {
    const ws = open?.readyState === WebSocket.OPEN ? open : await connect();
    open = ws;
    const probe = randomUUID();
    const messages: ServerMessage[] = [];
    return new Promise((resolve, reject) => {
      const end = (closedWith?: number) => {
        ws.off('message', hear).off('close', end);
        resolve({ messages, closedWith });
      };
      const hear = (data: Buffer, isBinary: boolean) => {
        try {
          if (isBinary) throw new Error('nobody asked for previews');
          const message = ServerMessageSchema.parse(JSON.parse(String(data)));
          if (message.type === 'error' && message.jobId === probe) end();
          else messages.push(message);
        } catch (error) {
          reject(error);
        }
      };
      ws.on('message', hear).once('close', end);
      ws.send(text, { binary: false });
      ws.send(JSON.stringify({ type: 'cancel', jobId: probe }));
    });
  }

  return { say, close: () => open?.terminate() };
}
