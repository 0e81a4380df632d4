/** With real processes in place of the one that tries the device: they say what onnxruntime and the drivers say. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDevice, chooseDevice } from '../../src/server/device-check.js';
import type { DeviceTrial } from '../../src/server/device-child.js';
import type { LogFields } from '../../src/server/log.js';

const REAL_CHILD = resolve(import.meta.dirname, '../../dist/server/device-child.js');

let dir: string;
let library: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safelight-device-'));
  library = join(dir, 'libonnxruntime_providers_cuda.so');
  await writeFile(library, '');
});
afterAll(() => rm(dir, { recursive: true }));

/** @param words go to stderr  @param trial left out = it crashes */
async function childThatSays(words: string, trial?: DeviceTrial): Promise<string> {
  const path = join(dir, `child-${Math.random()}.mjs`);
  const end = trial === undefined ? 'process.abort()' : `process.send(${JSON.stringify(trial)})`;
  await writeFile(path, `process.stderr.write(${JSON.stringify(words)}, () => { ${end}; process.disconnect?.(); });`);
  return path;
}

const logged: [string, LogFields | undefined][] = [];
const log = (message: string, fields?: LogFields) => void logged.push([message, fields]);

test('the CPU makes a real picture part', async () => {
  expect(await checkDevice('cpu', { entry: REAL_CHILD })).toEqual({ ms: expect.any(Number) });
});

test('a device that onnxruntime does not have here is told with what the runtime says', async () => {
  const check = await checkDevice('webgpu', { entry: REAL_CHILD });
  // A machine with a GPU and its driver may have one.
  if ('fault' in check) expect(check.fault.reason).not.toBe('');
  else expect(check.ms).toBeGreaterThan(0);
});

describe('CUDA', () => {
  test('is not even tried where its library is not installed', async () => {
    const check = await checkDevice('cuda', { entry: join(dir, 'none.mjs'), library: join(dir, 'none.so') });
    expect(check).toMatchObject({ fault: { reason: expect.stringContaining('not installed') } });
  });

  test('works when its run works', async () => {
    const entry = await childThatSays('a warning nobody needs\n', { ms: 12 });
    expect(await checkDevice('cuda', { entry, library })).toEqual({ ms: 12 });
  });

  const failed = { message: 'Failed to load shared library' };
  test.each([
    [
      'libcublasLt.so.13: cannot open shared object file: No such file or directory',
      'libcublasLt.so.13',
      'docs/cuda.md',
    ],
    ['libcuda.so.1: cannot open shared object file', 'no NVIDIA driver', 'LD_LIBRARY_PATH'],
    ['CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version', 'too old', 'driver'],
    ['CUDA failure 100: no CUDA-capable device is detected', 'no NVIDIA GPU', 'T4'],
    ['CUDNN_STATUS_NOT_INITIALIZED: cudnn is not available', 'cuDNN', 'docs/cuda.md'],
    ['CUDA error: no kernel image is available for execution on the device', 'too old', '7.5'],
    ['CUDA failure 2: out of memory', 'memory is full', 'nvidia-smi'],
  ])('that fails with “%s” says what is wrong, and what to do', async (words, reason, advice) => {
    const entry = await childThatSays(`${words}\n`, failed);
    const check = await checkDevice('cuda', { entry, library });
    expect(check).toEqual({
      fault: { reason: expect.stringContaining(reason), advice: expect.stringContaining(advice) },
    });
  });

  test('that crashes takes only the trial with it', async () => {
    const entry = await childThatSays('something the table does not know\n');
    const check = await checkDevice('cuda', { entry, library });
    expect(check).toMatchObject({ fault: { reason: expect.stringContaining('something the table does not know') } });
  });
});

describe('the choice', () => {
  test('auto takes CUDA where it works', async () => {
    expect(await chooseDevice('auto', log, { entry: await childThatSays('', { ms: 1 }), library })).toBe('cuda');
  });

  test('auto takes the CPU where it does not, and logs why', async () => {
    logged.length = 0;
    const entry = await childThatSays('libcuda.so.1: cannot open shared object file', { message: 'no' });
    expect(await chooseDevice('auto', log, { entry, library })).toBe('cpu');
    expect(logged).toEqual([
      ['pictures are made on the CPU', expect.objectContaining({ reason: expect.stringContaining('libcuda.so.1') })],
    ]);
  });

  test('a device that was asked for must work', async () => {
    const entry = await childThatSays('CUDA failure 100', { message: 'no' });
    await expect(chooseDevice('cuda', log, { entry, library })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('there is no NVIDIA GPU'),
    });
  });

  test('the CPU is not tried, and a name that nobody knows is refused', async () => {
    expect(await chooseDevice('cpu', log, { entry: join(dir, 'none.mjs') })).toBe('cpu');
    await expect(chooseDevice('tpu', log)).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  });
});
