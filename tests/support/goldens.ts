/** Reads tests/goldens: what diffusers computed (tests/goldens/README.md), and compares with its tolerances. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { SchedulerName } from '../../src/protocol/params.js';

export const GOLDENS = resolve(import.meta.dirname, '../goldens');

export interface PipelineCase {
  name: string;
  prompt: string;
  negativePrompt: string | null;
  seed: number;
  steps: number;
  guidanceScale: number;
  width: number;
  height: number;
  scheduler: SchedulerName | null;
  strength: number | null;
  init: string | null;
  mask?: string | null;
  clipSkip?: number;
  images: string[];
  firstStepLatents: number[];
  finalLatents: number[];
  finalLatentsMeanAbs: number;
}

export interface PipelineGoldens {
  tokens: Record<string, number[]>;
  cases: PipelineCase[];
}

export function goldenModels(): string[] {
  return readdirSync(GOLDENS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('tiny-'))
    .map((entry) => entry.name);
}

export function readGoldens(model: string): PipelineGoldens {
  return JSON.parse(readFileSync(join(GOLDENS, model, 'cases.json'), 'utf8')) as PipelineGoldens;
}

/** Pixels of the PNG that diffusers made, RGB. */
export async function readGoldenPixels(model: string, file: string): Promise<Uint8Array> {
  return sharp(join(GOLDENS, model, file))
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Mean level difference, and the share of values within 3 levels. */
export function comparePixels(got: Uint8Array, want: Uint8Array): { mean: number; within3: number } {
  let sum = 0;
  let near = 0;
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i] - want[i]);
    sum += difference;
    if (difference <= 3) near += 1;
  }
  return { mean: sum / want.length, within3: near / want.length };
}

export function largestDifference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(got[i] - want[i]));
  return largest;
}
