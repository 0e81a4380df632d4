import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDir } from '../../src/server/data-lock.js';
import { makeDataDir } from '../support/server-rig.js';

test('one at a time, and again after it was let go', async () => {
  const dir = await makeDataDir();
  const locks = [await lockDataDir(dir), await lockDataDir(join(dir, '.')), await lockDataDir(dir)];
  expect(locks.map((lock) => lock.dir)).toEqual([dir, join(dir, '2'), join(dir, '3')]);
  await locks[1].unlock();
  locks[1] = await lockDataDir(dir);
  expect(locks[1].dir).toBe(join(dir, '2'));
  await Promise.all(locks.map((lock) => lock.unlock()));
});

test('the lock of a killed process is gone with it', async () => {
  const dir = await makeDataDir();
  const script = join(await makeDataDir(), 'hold.mjs');
  const lockModule = new URL('../../dist/server/data-lock.js', import.meta.url).href;
  await writeFile(
    script,
    `import { lockDataDir } from ${JSON.stringify(lockModule)};
     await lockDataDir(process.argv[2]); process.send('held'); setInterval(() => {}, 1000);`,
  );
  const holder = fork(script, [dir]);
  await once(holder, 'message');
  const gone = once(holder, 'exit');
  holder.kill('SIGKILL');
  await gone;
  const lock = await lockDataDir(dir);
  expect(lock.dir).toBe(dir);
  await lock.unlock();
});

test.runIf(process.platform === 'linux')('a folder that cannot be made is said, not tried for ever', async () => {
  await expect(lockDataDir('/proc/safelight')).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('/proc/safelight'),
  });
});
