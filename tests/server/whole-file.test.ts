/** What the server says is safe is so after a power cut, too. */
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createImageStore } from '../../src/server/image-store.js';
import { createJobStore } from '../../src/server/job-store.js';
import { toDiskError, writeWhole } from '../../src/server/whole-file.js';
import { diskCalls, flushedFile } from '../support/recorded-disk.js';
import { makeDataDir, toParams } from '../support/server-rig.js';

vi.mock(import('node:fs/promises'), async (original) =>
  (await import('../support/recorded-disk.js')).recordDisk(original),
);
beforeEach(() => void diskCalls.splice(0));

it('a file is flushed before it gets its name, and the name before it counts', async () => {
  const dir = await makeDataDir();
  await writeWhole(join(dir, 'a.json'), 'text');
  expect(diskCalls).toEqual(flushedFile('rename', 'a.json', basename(dir)));
});

it('on Windows no folder is opened: it has no such flush', async () => {
  const dir = await makeDataDir();
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'win32' });
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
  await writeWhole(join(dir, 'a.json'), 'text');
  expect(diskCalls).toEqual(flushedFile('rename', 'a.json', undefined));
});

describe('is written so', () => {
  const id = randomUUID();
  const state = {
    ...{ jobId: id, paramsHash: 'hash', seeds: [7], submittedAt: 1, modelId: 'm', attempts: 0, acknowledged: false },
    images: [],
  };
  const params = { ...toParams(), seed: 7, guidanceScale: 1 };

  it('every picture', async () => {
    const images = await createImageStore(await makeDataDir());
    await images.write({ jobId: id, n: 0, format: 'png' }, Uint8Array.of(1));
    expect(diskCalls).toEqual(flushedFile('rename', `${id}-0.png`, 'images'));
  });

  it('a job that is accepted, the file that makes it one last; and each change of it', async () => {
    const store = await createJobStore(await makeDataDir(), () => {});
    await store.add(state, params);
    expect(diskCalls.splice(0)).toEqual([
      ...flushedFile('rename', `${id}.request.json`, 'jobs'),
      ...flushedFile('rename', `${id}.state.json`, 'jobs'),
    ]);
    await store.update({ ...state, attempts: 1 });
    expect(diskCalls).toEqual(flushedFile('rename', `${id}.state.json`, 'jobs'));
  });
});

it.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
  ['EACCES', 'INTERNAL'],
])('%s is %s', (code, expected) => {
  const cause = Object.assign(new Error(code), { code });
  expect(toDiskError('the job', cause)).toMatchObject({ code: expected, message: expect.stringContaining(code) });
});
