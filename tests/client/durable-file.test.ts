/** What the client says is saved is so after a power cut, too: only then does it let the server forget it. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImageEvent } from '../../src/client/client.js';
import { replaceFile } from '../../src/client/durable-file.js';
import { createJournal } from '../../src/client/journal.js';
import { savePicture } from '../../src/client/save.js';
import { saveSettings } from '../../src/client/settings.js';
import { diskCalls, flushedFile } from '../support/recorded-disk.js';

vi.mock(import('node:fs/promises'), async (original) =>
  (await import('../support/recorded-disk.js')).recordDisk(original),
);

let dir: string;
let folder: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safelight-durable-'));
  folder = basename(dir);
  diskCalls.splice(0);
});
afterEach(() => rm(dir, { recursive: true }));

describe('flushed before it gets its name, and the name with it', () => {
  const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';

  test('a file that is replaced', async () => {
    await replaceFile(join(dir, 'a.json'), 'text');
    expect(diskCalls).toEqual(flushedFile('rename', 'a.json', folder));
  });

  test('a picture', async () => {
    const image = { n: 0, seed: 42, format: 'png' } as ImageEvent;
    await savePicture(Uint8Array.of(1), image, { outputDir: dir, name: '{seed}' });
    expect(diskCalls).toEqual(flushedFile('link', '42.png', folder));
  });

  test('an entry of the journal, also when it is marked or renewed', async () => {
    const journal = createJournal(dir);
    const params = { prompt: 'a lake', seed: 7 };
    const entry = { jobId, url: 'http://gpu-box:8000', submittedAt: new Date().toISOString(), params };
    await journal.add({ ...entry, save: { outputDir: '/pictures', name: '{seed}' }, saved: [] });
    const file = `${jobId}.${process.pid}.json`;
    expect(diskCalls.splice(0)).toEqual(flushedFile('rename', file, folder));
    await journal.saved(jobId, 0);
    expect(diskCalls.splice(0)).toEqual(flushedFile('rename', file, folder));
    await journal.renew(jobId);
    const [renewed] = await readdir(dir);
    expect(diskCalls).toEqual(flushedFile('rename', renewed, folder));
  });

  test('settings', async () => {
    await saveSettings(join(dir, 'settings.json'), { profiles: {}, defaults: {} });
    expect(diskCalls).toEqual(flushedFile('rename', 'settings.json', folder));
  });
});

describe('replaceFile', () => {
  test('leaves the old file and nothing else when the new one cannot get its name', async () => {
    const path = join(dir, 'a.json');
    await writeFile(join(dir, 'other'), 'x');
    await expect(replaceFile(join(path, 'below.json'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
    await replaceFile(path, 'old');
    await replaceFile(path, 'new', 0o600);
    expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual(['new', 0o600]);
    // A folder in its place.
    await rm(path);
    await expect(replaceFile(dir, 'text')).rejects.toMatchObject({ code: expect.stringMatching(/EISDIR|EEXIST/) });
    expect(await readdir(dir)).toEqual(['other']);
    expect((await readdir(join(dir, '..'))).filter((name) => name.startsWith(`${folder}.`))).toEqual([]);
  });
});
