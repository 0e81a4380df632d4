import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createUsage, type Usage } from '../../src/client/usage.js';

const root = resolve(import.meta.dirname, '../..');
const URL = 'https://one.ngrok.app';
const HOST = 'one.ngrok.app';
let dir: string;
let today: Date;
let usage: Usage;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'safelight-usage-')), 'made');
  today = new Date('2026-11-30T23:59:00Z');
  usage = createUsage(dir, () => today);
});
afterEach(() => rm(join(dir, '..'), { recursive: true }));

async function receive(url: string, ...pieces: number[]): Promise<void> {
  const meter = usage.meter(url);
  for (const bytes of pieces) meter.add(bytes);
  await meter.close();
}

test('adds up per host and month', async () => {
  await receive(URL, 1, 20, 300);
  await receive(`${URL}/path`, 4000);
  await receive('http://gpu-box:8000', 7);
  today = new Date('2026-12-01T00:00:00Z');
  await receive(URL, 50_000);
  expect(await usage.usageOf(HOST)).toBe(50_000);
  expect(await usage.usageOf(HOST, '2026-11')).toBe(4321);
  expect(await usage.usageOf('gpu-box:8000', '2026-11')).toBe(7);
  expect(await usage.usageOf('gpu-box', '2026-11')).toBe(0);
  expect(await usage.usageOf(HOST, '2026-10')).toBe(0);
  expect(await createUsage(dir, () => today).usageOf(HOST)).toBe(50_000);
});

test('the file is the user’s alone', async () => {
  await receive(URL, 1);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dir, '2026-11.jsonl'))).mode & 0o777).toBe(0o600);
});

describe('while a client runs', () => {
  afterEach(() => void vi.useRealTimers());

  test('a second of it is one line, and none is written when nothing comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const meter = usage.meter(URL);
    for (let n = 0; n < 20; n++) {
      meter.add(10);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(10_000);
    meter.add(3);
    await meter.close();
    const lines = (await readFile(join(dir, '2026-11.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).bytes)).toEqual([100, 100, 3]);
  });
});

test.each([
  'http://127.0.0.1:8000',
  'http://127.1',
  'http://localhost:8000',
  'http://gpu.localhost',
  'http://[::1]:8000',
  'http://[0:0:0:0:0:0:0:1]',
  'http://0.0.0.0:8000',
])('%s is this machine: not counted', async (url) => {
  await receive(url, 5);
  await expect(readFile(join(dir, '2026-11.jsonl'))).rejects.toThrow('ENOENT');
});

test.each(['http://localhost.example', 'http://1270.0.0.1.example', 'http://10.0.0.1', 'http://[fe80::1]:8000'])(
  '%s is another: counted',
  async (url) => {
    await receive(url, 5);
    expect(await usage.usageOf(new globalThis.URL(url).host)).toBe(5);
  },
);

test('clients that count at the same time lose nothing', async () => {
  const script = join(root, 'tests/support/append-lines.mjs');
  const module = join(root, 'dist/client/usage.js');
  const codes = ['a', 'a', 'b'].map(async (name) => {
    const child = spawn(process.execPath, [script, module, dir, name, '100'], { stdio: 'inherit' });
    return (await once(child, 'exit'))[0];
  });
  expect(await Promise.all(codes)).toEqual([0, 0, 0]);
  const months = (await readdir(dir)).map((name) => name.slice(0, '2026-11'.length)); // it may turn while we count
  const sumOf = async (host: string) => {
    const sums = await Promise.all(months.map((month) => usage.usageOf(host, month)));
    return sums.reduce((sum, bytes) => sum + bytes);
  };
  expect([await sumOf('a'), await sumOf('b')]).toEqual([9900, 4950]);
});

test('a folder that cannot be written is told at the end, and nowhere else', async () => {
  await mkdir(join(dir, '..'), { recursive: true });
  await writeFile(dir, 'a file');
  await expect(receive(URL, 1)).rejects.toThrow(/EEXIST|ENOTDIR/);
});
