/** All that is known of one model: in the store, in a folder, or only in the registry. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readModelFolder } from '../engine/model-folder.js';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary } from '../protocol/messages.js';
import { isModelId } from './model-id.js';
import { knownModel } from './registry.js';
import type { ModelStore } from './store.js';

export interface ModelDescription {
  id?: string;
  /** undefined = not on this machine. */
  dir?: string;
  bytes?: number;
  complete?: boolean;
  revision?: string;
  commit?: string;
  licence?: string;
  note?: string;
  family?: string;
  inpainting?: boolean;
  summary?: ModelSummary;
  /** Why the engine cannot use the folder. */
  problem?: string;
}

/** @throws SafelightError INVALID_PARAMS | MODEL_NOT_FOUND: neither a folder nor a model we know */
export async function describeModel(dirOrId: string, store: ModelStore): Promise<ModelDescription> {
  if (existsSync(dirOrId)) return describeFolder(resolve(dirOrId));
  if (!isModelId(dirOrId)) throw new SafelightError('MODEL_NOT_FOUND', `there is no model folder ${dirOrId}`);
  const known = knownModel(dirOrId);
  if (existsSync(store.pathOf(dirOrId))) {
    const stored = await store.get(dirOrId);
    return { ...stored, note: known?.note, ...(await describeFolder(stored.dir)), licence: stored.licence };
  }
  if (known === undefined) return store.get(dirOrId); // which says that it is not there
  const { id, revision, licence, approximateBytes, note } = known;
  return { id, revision, licence, bytes: approximateBytes, note };
}

/** What the engine says of a folder, which need not be one of the store. */
export async function describeFolder(dir: string): Promise<ModelDescription> {
  try {
    const { family, inpainting, summary } = await readModelFolder(dir);
    return { dir, family, inpainting, summary, licence: summary.licence };
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
    return { dir, problem: error.message };
  }
}
