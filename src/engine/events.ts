/** What `generate()` tells while it works: one union, in the order load → encode → (progress, preview)* → decode → image. */
import type { StageName } from '../protocol/messages.js';

/** RGB, 8 bits, row by row from the top: `pixels.length === width * height * 3`. */
export interface RgbImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

export type GenerationEvent =
  /** `notes`, once a job: what a person should know of the request, in sentences. */
  | { type: 'stage'; name: StageName; fraction?: number; notes?: string[] }
  /** `image` counts from 0; `step` of `steps` counts finished denoising steps of that image from 1. */
  | { type: 'progress'; image: number; step: number; steps: number; elapsedMs: number; etaMs: number }
  /** The predicted final picture (x0) at preview size, and what it cost. */
  | { type: 'preview'; image: number; step: number; picture: RgbImage; costMs: number }
  | { type: 'image'; image: number; seed: number; picture: RgbImage };
