/** The models on this machine: one folder each, `{store}/{org}--{name}`. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import { hasAllFiles, type Manifest, readManifest, removeManifest, sizeOf } from './manifest.js';
import { isModelId, toFolderName, toModelId } from './model-id.js';
import { knownModel } from './registry.js';

export interface StoredModel {
  id: string;
  dir: string;
  /** On the disk, what a pull has begun included. */
  bytes: number;
  complete: boolean;
  revision?: string;
  commit?: string;
  licence?: string;
}

export interface ModelStore {
  dir: string;
  /** Where a model is or would be. @throws SafelightError INVALID_PARAMS */
  pathOf(id: string): string;
  list(): Promise<StoredModel[]>;
  /** @throws SafelightError INVALID_PARAMS | MODEL_NOT_FOUND */
  get(id: string): Promise<StoredModel>;
  /** @returns what was removed  @throws SafelightError INVALID_PARAMS | MODEL_NOT_FOUND */
  remove(id: string): Promise<StoredModel>;
  /** The folder to load: a path that exists, or a complete model's id. @throws SafelightError MODEL_NOT_FOUND */
  find(dirOrId: string): Promise<string>;
}

export function createModelStore(modelsDir: string): ModelStore {
  const dir = resolve(modelsDir);
  const pathOf = (id: string) => join(dir, toFolderName(id));
  const get = async (id: string): Promise<StoredModel> => {
    const path = pathOf(id);
    if (!existsSync(path)) throw notHere(id, dir);
    return readStored(id, path);
  };
  return {
    dir,
    pathOf,
    get,
    async list() {
      const ids = (await foldersOf(dir)).map(toModelId).filter((id) => id !== undefined);
      return Promise.all(ids.sort().map((id) => readStored(id, pathOf(id))));
    },
    async remove(id) {
      const stored = await get(id);
      // First of all, so that a removal that is cut short leaves no folder that looks complete.
      await removeManifest(stored.dir);
      await rm(stored.dir, { recursive: true });
      return stored;
    },
    async find(dirOrId) {
      if (existsSync(dirOrId)) return resolve(dirOrId);
      if (!isModelId(dirOrId)) throw new SafelightError('MODEL_NOT_FOUND', `there is no model folder ${dirOrId}`);
      const stored = await get(dirOrId);
      if (stored.complete) return stored.dir;
      const words = `${dirOrId} is only partly here; \`safelight models pull ${dirOrId}\` goes on with it`;
      throw new SafelightError('MODEL_NOT_FOUND', words);
    },
  };
}

function notHere(id: string, dir: string): SafelightError {
  return new SafelightError(
    'MODEL_NOT_FOUND',
    `${id} is not in ${dir}; \`safelight models pull ${id}\` downloads it, \`safelight models ls\` tells what is there`,
  );
}

async function foldersOf(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  const entries = await readdir(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function readStored(id: string, dir: string): Promise<StoredModel> {
  const manifest: Manifest | undefined = await readManifest(dir);
  return {
    id,
    dir,
    bytes: await bytesBelow(dir),
    complete: manifest !== undefined && (await hasAllFiles(dir, manifest)),
    revision: manifest?.revision,
    commit: manifest?.commit,
    licence: manifest?.licence ?? knownModel(id)?.licence,
  };
}

/** On the disk, of all files. */
export async function bytesBelow(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => sizeOf(join(parentPath, name))));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
