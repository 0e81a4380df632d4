/** A folder of real pictures as the engine writes them, each with what it was made from. */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePicture } from '../../src/engine/image.js';
import { resolveParams } from '../../src/engine/request.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import type { Rgb } from './fake-client.js';
import { MODEL, toParams } from './server-rig.js';

export interface FolderPicture extends Partial<GenerationRequest> {
  prompt: string;
  seed: number;
  color?: Rgb;
}

/** @returns their paths, in the given order: the first is the oldest */
export async function writePictures(dir: string, pictures: readonly FolderPicture[]): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  return Promise.all(pictures.map((picture, index) => writePicture(dir, picture, Date.UTC(2026, 10, 1 + index))));
}

async function writePicture(dir: string, { color = [90, 90, 90], ...request }: FolderPicture, savedAtMs: number) {
  const params = resolveParams(toParams({ width: 256, height: 256, steps: 20, ...request }), MODEL);
  const { width, height, seed } = params;
  const pixels = new Uint8Array(width * height * 3).map((_, at) => color[at % 3]);
  const path = join(dir, `output_${seed}.png`);
  await writeFile(path, await encodePicture({ width, height, pixels }, params, MODEL));
  await utimes(path, new Date(savedAtMs), new Date(savedAtMs));
  return path;
}
