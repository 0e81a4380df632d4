/** Final pictures on the disk: `{dataDir}/images/{jobId}-{n}.{ext}`, whole or not there at all. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError } from '../protocol/errors.js';
import type { ImageFormat } from '../protocol/params.js';
import { toDiskError, toReason, writeWhole } from './whole-file.js';

export interface StoredImage {
  jobId: string;
  n: number;
  format: ImageFormat;
}

export interface ImageStore {
  /** Resolves when the file is on the disk under its name. @throws SafelightError DISK_FULL | INTERNAL */
  write(image: StoredImage, bytes: Uint8Array): Promise<void>;
  /** @throws SafelightError NOT_FOUND */
  read(image: StoredImage): Promise<Buffer<ArrayBuffer>>;
  remove(image: StoredImage): Promise<void>;
  /** Removes every file but these: what a server left that ended in the middle. */
  keepOnly(images: StoredImage[]): Promise<void>;
}

/** @throws SafelightError UNSUPPORTED when the folder cannot be made */
export async function createImageStore(dataDir: string): Promise<ImageStore> {
  const dir = join(dataDir, 'images');
  await makeDataFolder(dir);
  const nameOf = ({ jobId, n, format }: StoredImage) => `${jobId}-${n}.${format === 'jpeg' ? 'jpg' : format}`;
  const pathOf = (image: StoredImage) => join(dir, nameOf(image));
  return {
    async write(image, bytes) {
      try {
        await writeWhole(pathOf(image), bytes);
      } catch (cause) {
        throw toDiskError('the picture', cause);
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
    async keepOnly(images) {
      const kept = new Set(images.map(nameOf));
      const names = await readdir(dir);
      await Promise.all(names.filter((name) => !kept.has(name)).map((name) => rm(join(dir, name), { force: true })));
    },
  };
}

/** @throws SafelightError UNSUPPORTED */
export async function makeDataFolder(dir: string): Promise<void> {
  await makeFolder(dir).catch((cause) => {
    throw new SafelightError('UNSUPPORTED', `cannot make the data folder ${dir} (${toReason(cause)})`, { cause });
  });
}
