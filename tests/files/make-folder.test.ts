import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder } from '../../src/files/make-folder.js';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-make-folder-'));
});
afterEach(() => rm(base, { recursive: true }));

/** Of the file system, not of ours. */
const refusal = (code: string) => ({ code, syscall: expect.any(String) });
const isLinux = process.platform === 'linux';

describe('makeFolder', () => {
  test('makes each level with the mode, and leaves what is there as it is', async () => {
    await mkdir(join(base, 'a'), { mode: 0o755 });
    await makeFolder(join(base, 'a', 'b', 'c'), 0o700);
    await makeFolder(join(base, 'a', 'b', 'c'), 0o700);
    const modes = await Promise.all(
      ['a', 'a/b', 'a/b/c'].map(async (path) => (await stat(join(base, path))).mode & 0o777),
    );
    expect(modes).toEqual([0o755, 0o700, 0o700]);
  });

  test('many at once make the same one', async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(base, 'a', 'b', 'c'))));
    expect(await readdir(join(base, 'a', 'b'))).toEqual(['c']);
  });

  test('a file in the way, at any level, is refused', async () => {
    await writeFile(join(base, 'file'), '');
    for (const path of ['file', 'file/below', 'file/far/below'])
      await expect(makeFolder(join(base, path))).rejects.toMatchObject(refusal('EEXIST'));
  });

  test('a link to a folder is one, a link that leads nowhere is not', async () => {
    await mkdir(join(base, 'real'));
    await symlink(join(base, 'real'), join(base, 'link'));
    await symlink(join(base, 'gone'), join(base, 'dangling'));
    await makeFolder(join(base, 'link', 'new'));
    expect(await readdir(join(base, 'real'))).toEqual(['new']);
    for (const path of ['dangling', 'dangling/new'])
      await expect(makeFolder(join(base, path))).rejects.toMatchObject(refusal('EEXIST'));
  });

  // node's own recursive mkdir tries these two levels in turn, for ever.
  test.runIf(isLinux)('a folder that takes no children ends it', async () => {
    for (const path of ['/proc/safelight', '/proc/safelight/deep'])
      await expect(makeFolder(path)).rejects.toMatchObject(refusal('ENOENT'));
  });
});
