/** What crosses the pipe between the server and an engine process (node IPC, structured clone: bytes stay bytes). */
import type { GenerationEvent } from '../engine/events.js';
import type { ResolvedParams } from '../engine/request.js';
import type { ErrorBody } from '../protocol/errors.js';
import type { ImageFormat } from '../protocol/params.js';

/** A final picture as it will lie on the disk. `image` counts from 0. */
export interface EncodedImage {
  type: 'image';
  image: number;
  seed: number;
  width: number;
  height: number;
  format: ImageFormat;
  sha256: string;
  bytes: Uint8Array;
}

/** The engine's events with the picture already encoded: the server's own process never holds raw finals. */
export type EngineEvent = Exclude<GenerationEvent, { type: 'image' }> | EncodedImage;

export type ToEngine =
  /** `modelDir` is opened first, where it is not open yet: `stage` events named load tell of it. */
  | { type: 'generate'; jobId: string; modelDir: string; params: ResolvedParams }
  | { type: 'cancel'; jobId: string }
  /** 0 = nobody watches: make none. `encodeMs` is what encoding them will have cost after one more. */
  | { type: 'previews'; maxPerSecond: number; encodeMs: number };

export type FromEngine =
  | { type: 'event'; jobId: string; event: EngineEvent }
  | { type: 'done'; jobId: string }
  | { type: 'cancelled'; jobId: string }
  | { type: 'error'; jobId: string; body: ErrorBody };
