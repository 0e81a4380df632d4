/** Jobs on the disk, whoever wrote their files. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveParams } from '../../src/engine/request.js';
import { createJobStore } from '../../src/server/job-store.js';
import { createTestLog, MODEL, makeDataDir, toParams } from '../support/server-rig.js';

it('a seed of 64 bits in a stored request keeps its low 32 bits', async () => {
  const dataDir = await makeDataDir();
  const lines: string[] = [];
  const store = await createJobStore(dataDir, createTestLog(lines));
  const jobId = randomUUID();
  const state = { jobId, paramsHash: 'x', seeds: [7], submittedAt: 1, modelId: MODEL.id };
  const progress = { attempts: 0, acknowledged: false, images: [] };
  await store.add({ ...state, ...progress }, resolveParams(toParams({ seed: 7 }), MODEL));
  const file = join(dataDir, 'jobs', `${jobId}.request.json`);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"seed":7', '"seed":9007199254740993'));
  expect((await store.load()).map(({ params }) => params?.seed)).toEqual([1]);
  expect(lines).toEqual([]);
});
