/** Open models by folder: loaded when they are asked for, the longest unused closed when memory is needed. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface ModelCacheOptions<M> {
  load(dir: string, onProgress: (fraction: number) => void): Promise<M>;
  release(model: M): Promise<void>;
  /** What a model takes when it is open, about. */
  sizeOf(dir: string): Promise<number>;
  /** Of all open models together; the one in use stays, however large. */
  maxBytes: number;
}

export interface ModelCache<M> {
  /** Joins a loading that is under way. @param onProgress 0…1, not called for an open model  @throws what `load` throws */
  open(dir: string, onProgress: (fraction: number) => void): Promise<M>;
}

interface Entry<M> {
  model: Promise<M>;
  bytes: number;
  /** Those who wait for the loading; undefined = it is open. */
  listeners: Set<(fraction: number) => void> | undefined;
  fraction: number;
}

export function createModelCache<M>({ load, release, sizeOf, maxBytes }: ModelCacheOptions<M>): ModelCache<M> {
  /** Longest unused first. */
  const entries = new Map<string, Entry<M>>();

  async function makeRoom(bytes: number): Promise<void> {
    for (const [dir, entry] of entries) {
      const open = [...entries.values()].reduce((sum, each) => sum + each.bytes, 0);
      if (open + bytes <= maxBytes) return;
      // What is still loading was asked for just now.
      if (entry.listeners !== undefined) continue;
      entries.delete(dir);
      await release(await entry.model);
    }
  }

  function start(dir: string): Entry<M> {
    const entry: Entry<M> = { model: begin(), bytes: 0, listeners: new Set(), fraction: 0 };
    async function begin(): Promise<M> {
      const bytes = await sizeOf(dir);
      await makeRoom(bytes);
      entry.bytes = bytes;
      return load(dir, (fraction) => {
        entry.fraction = fraction;
        for (const listener of entry.listeners ?? []) listener(fraction);
      });
    }
    entry.model.then(
      () => {
        entry.listeners = undefined;
      },
      () => entries.delete(dir), // asked again, it is tried again
    );
    return entry;
  }

  return {
    async open(dir, onProgress) {
      const entry = entries.get(dir) ?? start(dir);
      entries.delete(dir);
      entries.set(dir, entry);
      if (entry.listeners === undefined) return entry.model;
      entry.listeners.add(onProgress);
      onProgress(entry.fraction);
      try {
        return await entry.model;
      } finally {
        entry.listeners?.delete(onProgress);
      }
    },
  };
}

/** Graphs and their weights are most of a model folder, and about what they take in memory. */
export async function folderBytes(dir: string): Promise<number> {
  const entries: Dirent[] = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
