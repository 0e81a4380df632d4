import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { MANIFEST, readManifest, writeManifest } from '../../src/models/manifest.js';
import { diskCalls, flushedFile } from '../support/recorded-disk.js';

vi.mock(import('node:fs/promises'), async (original) =>
  (await import('../support/recorded-disk.js')).recordDisk(original),
);
beforeEach(() => void diskCalls.splice(0));

test('a manifest is flushed before it gets its name: after a power cut there is a whole one or none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'safelight-manifest-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const manifest = { id: 'a/b', revision: 'main', commit: 'c', licence: 'mit', files: [] };
  await writeManifest(dir, manifest);
  expect(diskCalls).toEqual(flushedFile('rename', MANIFEST, undefined));
  expect(await readManifest(dir)).toEqual(manifest);
});
