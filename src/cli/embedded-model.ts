/** Where the model is that ships with the package, and what it is called. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export const EMBEDDED_MODEL = fileURLToPath(new URL('../../models/tiny', import.meta.url));
export const EMBEDDED_ID = basename(EMBEDDED_MODEL);
