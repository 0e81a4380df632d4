/** How much of everything one server gives away; the reasons are in docs/protocol.md. */
import { PARAM_LIMITS } from '../protocol/params.js';

export interface ServerLimits {
  /** TCP connections at once. ngrok's agent carries 512 streams (research: tunnel.md), and each of ours may be one. */
  connections: number;
  /** WebSockets of one token at once. */
  socketsPerToken: number;
  /** New jobs of one token in a minute. */
  submitsPerMinute: number;
  /** Of one WebSocket, acknowledgements of previews not counted: the server itself sets their pace. */
  messagesPerSecond: number;
  /** Wrong tokens in a minute, of all callers together: behind a tunnel they all have one address. */
  failedAuthsPerMinute: number;
  /** Jobs that may wait beside the running one. */
  queue: number;
  /** Finished pictures on the disk. */
  imageBytes: number;
  /** Of one picture, after its hires pass: what the memory of the machine and its GPU can hold. */
  pixels: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  connections: 64,
  socketsPerToken: 8,
  submitsPerMinute: 60,
  messagesPerSecond: 50,
  failedAuthsPerMinute: 20,
  queue: 64,
  imageBytes: 2 * 1024 ** 3,
  // All that the protocol allows: how much memory a picture needs depends on the model.
  pixels: PARAM_LIMITS.hiresSide ** 2,
};
