/** The models that this server offers, by id; the first is the default. */
import { type ModelFolder, readModelFolder } from '../engine/model-folder.js';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary } from '../protocol/messages.js';
import { describeError, type Log } from './log.js';

export interface ModelCatalog {
  /** The default first. */
  list(): ModelSummary[];
  /** @param id undefined = the default  @throws SafelightError MODEL_NOT_FOUND naming those there are */
  find(id: string | undefined): Pick<ModelFolder, 'dir' | 'summary'>;
}

/**
 * Reads every folder once. A default that cannot be used stops the server; another one, or one whose name is taken, is told
 * to the log and left out.
 * @param dirs not empty  @throws SafelightError MODEL_NOT_FOUND | MODEL_INVALID
 */
export async function readModelCatalog([first, ...others]: readonly string[], log: Log): Promise<ModelCatalog> {
  const folders = [await readModelFolder(first)];
  for (const dir of others) {
    try {
      const folder = await readModelFolder(dir);
      if (folders.some(({ summary }) => summary.id === folder.summary.id))
        log('a model is left out: its name is taken', { dir });
      else folders.push(folder);
    } catch (error) {
      log(`a model is left out: ${error instanceof SafelightError ? error.message : describeError(error)}`, { dir });
    }
  }
  return createModelCatalog(folders);
}

export function createModelCatalog(folders: Pick<ModelFolder, 'dir' | 'summary'>[]): ModelCatalog {
  const byId = new Map(folders.map((folder) => [folder.summary.id, folder]));
  return {
    list: () => folders.map(({ summary }) => summary),
    find(id = folders[0].summary.id) {
      // A pulled model lies in a folder org--name and is known to people as org/name.
      const folder = byId.get(id) ?? byId.get(id.replace('/', '--'));
      if (folder !== undefined) return folder;
      throw new SafelightError('MODEL_NOT_FOUND', `there is no model ${id} here, but ${[...byId.keys()].join(', ')}`);
    },
  };
}
