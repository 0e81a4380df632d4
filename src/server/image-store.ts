/** Final pictures on the disk: `{dataDir}/images/{jobId}-{n}.{ext}`, whole or not there at all. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import type { ImageFormat } from '../protocol/params.js';

interface StoredImage {
  jobId: string;
  n: number;
  format: ImageFormat;
}

export interface ImageStore {
  /** Resolves when the file is on the disk under its name. @throws SafelightError INTERNAL */
  write(image: StoredImage, bytes: Uint8Array): Promise<void>;
  /** @throws SafelightError NOT_FOUND */
  read(image: StoredImage): Promise<Buffer<ArrayBuffer>>;
  remove(image: StoredImage): Promise<void>;
}

/** @throws SafelightError UNSUPPORTED when the folder cannot be made */
export async function createImageStore(dataDir: string): Promise<ImageStore> {
  const dir = join(dataDir, 'images');
  await mkdir(dir, { recursive: true }).catch((cause) => {
    throw new SafelightError('UNSUPPORTED', `cannot make the data folder ${dir} (${toReason(cause)})`, { cause });
  });
  const pathOf = ({ jobId, n, format }: StoredImage) =>
    join(dir, `${jobId}-${n}.${format === 'jpeg' ? 'jpg' : format}`);
  return {
    async write(image, bytes) {
      const path = pathOf(image);
      try {
        await writeWhole(path, bytes);
      } catch (cause) {
        const message = `the server could not write the picture to its data folder (${toReason(cause)})`;
        throw new SafelightError('INTERNAL', message, { cause });
      }
    },
    async read(image) {
      try {
        return await readFile(pathOf(image));
      } catch (cause) {
        throw new SafelightError('NOT_FOUND', 'this picture is no longer on the disk', { cause });
      }
    },
    remove: (image) => rm(pathOf(image), { force: true }),
  };
}

/** Under another name first, flushed, then renamed: a crash leaves no half picture under the real name. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.part`;
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

function toReason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
