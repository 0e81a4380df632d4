/** Names of models on the hub (`org/name`), and the folder names that stand for them (`org--name`). */
import { SafelightError } from '../protocol/errors.js';

/** As the hub has them: letters, digits, `.`, `_`, `-`; no `--` or `..`, so that a folder name leads back to one id. */
const ID = /^(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/;

export function isModelId(text: string): boolean {
  return ID.test(text);
}

/** @throws SafelightError INVALID_PARAMS: not `org/name`, which also keeps every path inside the store */
export function toFolderName(id: string): string {
  if (isModelId(id)) return id.replace('/', '--');
  throw new SafelightError('INVALID_PARAMS', `${id}: a model of the hub is named org/name`);
}

/** undefined = a folder that no model of the hub made. */
export function toModelId(folderName: string): string | undefined {
  const id = folderName.replace('--', '/');
  return isModelId(id) ? id : undefined;
}
