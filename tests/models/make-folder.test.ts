import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../src/models/make-folder.js';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-make-folder-'));
});
afterEach(() => rm(base, { recursive: true }));

test('makes each level, and many at once make the same one', async () => {
  await mkdir(join(base, 'a'));
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(base, 'a', 'b', 'c'))));
  expect(await readdir(join(base, 'a', 'b'))).toEqual(['c']);
});

test('a file or a link that leads nowhere is refused, at any level', async () => {
  await writeFile(join(base, 'file'), '');
  await symlink(join(base, 'gone'), join(base, 'dangling'));
  for (const path of ['file', 'file/far/below', 'dangling', 'dangling/below'])
    await expect(makeFolder(join(base, path))).rejects.toMatchObject({ code: 'EEXIST' });
});

// node's own recursive mkdir tries the two levels in turn, for ever.
test.runIf(process.platform === 'linux')('a folder that takes no children ends it', async () => {
  await expect(makeFolder('/proc/safelight/deep')).rejects.toMatchObject({ code: 'ENOENT' });
});
