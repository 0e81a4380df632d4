import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { probeFolder } from '../../src/client/folder.js';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-folder-'));
});
afterEach(() => rm(base, { recursive: true }));

/** Of the file system, not of ours. */
const refusal = (code: string) => ({ code, syscall: expect.any(String) });
const isLinux = process.platform === 'linux';

describe('probeFolder', () => {
  test('of a folder that is there, or still to be made: leaves nothing', async () => {
    await probeFolder(base, 50);
    await probeFolder(join(base, 'deep', 'down'), 255);
    expect(await readdir(base)).toEqual([]);
  });

  test('a file in the way is refused, and so is a link that leads nowhere', async () => {
    await writeFile(join(base, 'file'), '');
    await symlink(join(base, 'gone'), join(base, 'dangling'));
    for (const path of ['file', 'file/below'])
      await expect(probeFolder(join(base, path), 50)).rejects.toMatchObject(refusal('ENOTDIR'));
    for (const path of ['dangling', 'dangling/below'])
      await expect(probeFolder(join(base, path), 50)).rejects.toMatchObject(refusal('ENOENT'));
    expect(await readdir(base)).toEqual(['dangling', 'file']);
  });

  test('names that are too long for the file system are found out', async () => {
    await expect(probeFolder(base, 256)).rejects.toMatchObject(refusal('ENAMETOOLONG'));
    await expect(probeFolder(join(base, 'x'.repeat(256)), 50)).rejects.toMatchObject(refusal('ENAMETOOLONG'));
  });

  // Root has every permission, and still cannot make a file there.
  test.runIf(isLinux)('a folder that takes no files is found out, whoever asks', async () => {
    for (const path of ['/proc', '/proc/deep/down', '/sys/deep']) await expect(probeFolder(path, 50)).rejects.toThrow();
  });
});
