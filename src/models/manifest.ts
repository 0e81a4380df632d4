/** safelight-manifest.json, written last into a pulled folder: with it, and its files there, a model is complete. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const MANIFEST = 'safelight-manifest.json';

const ManifestSchema = z.object({
  id: z.string(),
  /** What was asked for, and the commit that it was at that time. */
  revision: z.string(),
  commit: z.string(),
  licence: z.string().optional(),
  files: z.array(z.object({ path: z.string(), size: z.int().nonnegative(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** undefined = none there, or not one of ours: the model counts as not complete, and a pull mends it. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  try {
    return ManifestSchema.parse(JSON.parse(await readFile(join(dir, MANIFEST), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Under another name first, flushed, then renamed: half a manifest never counts. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  const unfinished = join(dir, `${MANIFEST}.part`);
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(dir, MANIFEST));
}

/** From here on the folder is not complete, until `writeManifest`. */
export async function removeManifest(dir: string): Promise<void> {
  await rm(join(dir, MANIFEST), { force: true });
}

/** Are all files there, in their sizes? (Their hashes are checked by a pull.) */
export async function hasAllFiles(dir: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(manifest.files.map(({ path }) => sizeOf(join(dir, path))));
  return manifest.files.every(({ size }, i) => sizes[i] === size);
}

/** undefined = no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
