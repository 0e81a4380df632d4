/** The terminal UI on a server by its address: the link is cut, the UI is left or killed, the server is killed, and no picture is lost or made twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadSettings, settingsFile } from '../../src/client/settings.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { enginePid, type ServeProcess, startServe } from '../support/run-safelight.js';
import { begin, expectRestored, hasMade, isAtStep, makeTuiHome, type TuiHome } from '../support/tui-terminal.js';

// Longer than the terminal's patience, which says what was on screen.
vi.setConfig({ testTimeout: 150_000 });

/** Long enough to be in the middle of, also for a test that gets the processor seldom. */
const PARAMS = ['-s', '60', '-w', '256', '-h', '256'];

let dataDir: string;
let server: ServeProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir]);
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const on = (url: string) => ['-u', url, '--token', server.token, ...PARAMS];

/** Holds the picture that is being made where it is, for as long as the work takes. */
async function whileEngineStands<T>(work: () => Promise<T>): Promise<T> {
  const pid = enginePid(server);
  process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    goOn(pid);
  }
}

/** One that is gone must not hide why the work failed. */
function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Once, whole, and nothing is left to be done. */
async function expectSavedOnce(home: TuiHome): Promise<void> {
  await expect.poll(() => home.journal(), { timeout: 10_000 }).toEqual([]);
  const [name, ...others] = await home.saved();
  expect(others).toEqual([]);
  expect(await sharp(join(home.cwd, 'out', name)).stats()).toMatchObject({ isOpaque: true });
}

test('a link that is cut in the middle of a picture: the UI says so, comes back, and saves it once', async () => {
  const proxy = await startCuttingProxy(Number(new URL(server.url).port));
  try {
    const home = await makeTuiHome();
    const terminal = home.open(on(proxy.url));
    await begin(terminal, 'a lake');
    await whileEngineStands(async () => {
      proxy.cut();
      await terminal.shows('connection lost');
      proxy.mend();
      await terminal.until((text) => !text.includes('connection lost'));
      expect(isAtStep(3)(terminal.text())).toBe(true);
    });
    await terminal.until(hasMade(1));
    await expectSavedOnce(home);
  } finally {
    await proxy.close();
  }
});

test('quit with a job that runs: it is left, is there again, and is saved once', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(on(server.url), { thenStty: true });
  await begin(terminal, 'a lake');
  const again = await whileEngineStands(async () => {
    terminal.type('q');
    await terminal.shows('leave it running');
    terminal.type('l');
    expect(await terminal.exited).toBe(0);
    await expectRestored(terminal);
    const next = home.open(on(server.url));
    await next.until(isAtStep(3));
    return next;
  });
  await again.until(hasMade(1));
  await expectSavedOnce(home);
});

test('the UI is killed with -9: the next one has the job, and saves it once', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(on(server.url));
  await begin(terminal, 'a lake');
  const again = await whileEngineStands(async () => {
    terminal.kill('SIGKILL');
    await terminal.exited;
    const next = home.open(on(server.url));
    await next.until(isAtStep(3));
    return next;
  });
  await again.until(hasMade(1));
  await expectSavedOnce(home);
});

test('the UI is killed with -9 and the job ends meanwhile: the next one saves it once', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(on(server.url));
  await begin(terminal, 'a lake');
  await whileEngineStands(async () => {
    terminal.kill('SIGKILL');
    await terminal.exited;
  });
  const watcher = (await makeTuiHome()).open([
    '-u',
    server.url,
    '--token',
    server.token,
    '-s',
    '1',
    '-w',
    '256',
    '-h',
    '256',
  ]);
  await watcher.shows('Describe a picture');
  watcher.type('a boat\r');
  await watcher.until(hasMade(1)); // the queue makes one after the other: the first is done
  const again = home.open(on(server.url));
  await again.until(hasMade(1));
  await expectSavedOnce(home);
});

test('the server is killed with -9: the UI says so, and quits cleanly', async () => {
  const home = await makeTuiHome();
  const own = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  const mortal = await startServe(['--data-dir', own]);
  const terminal = home.open(on(mortal.url), { thenStty: true });
  await begin(terminal, 'a lake');
  process.kill(mortal.pid, 'SIGKILL');
  await mortal.ended;
  await terminal.shows('connection lost');
  terminal.type('q');
  await terminal.shows('leave it running');
  terminal.type('l');
  expect(await terminal.exited).toBe(0);
  await expectRestored(terminal);
  expect(await home.journal()).toHaveLength(1);
  await rm(own, { recursive: true, maxRetries: 10 });
});

test('on a new machine its line is pasted into the first page, checked, and the server is kept', async () => {
  const home = await makeTuiHome();
  const terminal = home.open(PARAMS, { isFirstRun: true });
  await terminal.shows('Welcome to safelight');
  terminal.type('\x1b[B');
  await terminal.shows('› Draw on a GPU server');
  terminal.type('\r');
  await terminal.shows('Paste the line');
  terminal.type(`\x1b[200~${server.url}/#token=${server.token}\x1b[201~`);
  await terminal.shows('✔ it lets you in');
  await terminal.shows('there and back');
  await terminal.shows('uses it from now on');
  terminal.type('\r');
  await terminal.shows(new URL(server.url).host);
  await begin(terminal, 'a lake');
  await terminal.until(hasMade(1));
  await expectSavedOnce(home);
  terminal.type('q');
  expect(await terminal.exited).toBe(0);
  const { profile, profiles } = await loadSettings(settingsFile(join(home.cwd, 'config')));
  expect(profiles[profile ?? '']).toEqual({ url: `${server.url}/#token=${server.token}` });
  expect(terminal.bytes).not.toContain(server.token);
});
