/** Saves finals: whole or not at all, and never over another file. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageEvent } from './client.js';

export const DEFAULT_NAME = 'output_{date}-{time}_{seed}';

export interface SaveOptions {
  outputDir: string;
  /** File name without its ending; `{date}` `{time}` `{seed}` `{n}` are filled in. */
  name: string;
}

/** @param now for tests  @returns the path, below `outputDir` as it was given; taken names get `-2`, `-3`, … */
export async function savePicture(
  bytes: Uint8Array,
  image: ImageEvent,
  { outputDir, name }: SaveOptions,
  now: Date = new Date(),
): Promise<string> {
  await mkdir(outputDir, { recursive: true });
  const stem = fillName(name, image, now);
  const temporary = join(outputDir, `.${randomUUID()}.part`);
  await writeFile(temporary, bytes);
  try {
    for (let attempt = 1; ; attempt++) {
      const path = join(outputDir, `${stem}${attempt === 1 ? '' : `-${attempt}`}.${image.format}`);
      if (await claim(temporary, path)) return path;
    }
  } finally {
    await rm(temporary);
  }
}

/** A hard link appears whole or not at all, and refuses a taken name: no gap between looking and writing. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Only letters that every file system takes are left in a name. */
function fillName(template: string, image: ImageEvent, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    date: `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`,
    time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    seed: String(image.seed),
    n: String(image.n),
  };
  const filled = template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  return filled.replace(/[^\p{L}\p{N}._{}()+=,@ -]/gu, '_').replace(/^\.+/, '_');
}
