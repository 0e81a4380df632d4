/** The command as a process against a server of the test's making: exit codes, and what goes to stdout. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, startFakeServer } from '../support/fake-server.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { type Finished, finish, runSafelight, startSafelight } from '../support/run-safelight.js';

const picture = Buffer.from('a picture');
const sha256 = createHash('sha256').update(picture).digest('hex');
let out: string;
let server: FakeServer | undefined;

// A folder for each test: two files of one second and one seed in the same folder would be called _7 and _7-2.
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'safelight-cli-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(out, { recursive: true });
});

function answer(script: (jobId: string, link: FakeLink) => void) {
  return (message: ClientMessage, link: FakeLink) => {
    if (message.type === 'submit' || message.type === 'watch') script(message.jobId, link);
    if (message.type === 'cancel') link.say({ type: 'cancelled', jobId: message.jobId, seq: 99 });
  };
}

const makePicture = (jobId: string, link: FakeLink) => {
  const image = { n: 0, seed: 7, sha256, bytes: picture.length, width: 1, height: 1, format: 'png', href: '/final' };
  link.say({ type: 'started', jobId, seq: 1, seeds: [7] });
  link.say({ type: 'progress', jobId, seq: 2, image: 0, step: 1, steps: 1, elapsedMs: 5, etaMs: 0 });
  link.say({ type: 'image', jobId, seq: 3, ...image });
  link.say({ type: 'completed', jobId, seq: 4, seeds: [7], timings: { queuedMs: 0, totalMs: 5 } });
};

const makeTwo = (jobId: string, link: FakeLink) => {
  const image = { seed: 7, sha256, bytes: picture.length, width: 1, height: 1, format: 'png' };
  const step = { type: 'progress', jobId, step: 1, steps: 1, elapsedMs: 5, etaMs: 0 };
  link.say({ type: 'started', jobId, seq: 1, seeds: [7, 8] });
  for (const n of [0, 1]) {
    link.say({ ...step, seq: 2 + 2 * n, image: n });
    link.say({ type: 'image', jobId, seq: 3 + 2 * n, n, ...image, href: `/${n}` });
  }
  link.say({ type: 'completed', jobId, seq: 6, seeds: [7, 8], timings: { queuedMs: 0, totalMs: 5 } });
};

async function run(script: (jobId: string, link: FakeLink) => void, ...args: string[]): Promise<Finished> {
  server = await startFakeServer({ onMessage: answer(script), onRequest: (_, response) => response.end(picture) });
  return runSafelight(['a lake', '-o', out, ...args], { SD_API_URL: `${server.url}/#token=hush` });
}

describe('against a server', () => {
  test('0: the path alone on stdout, the picture in the file, then an ack', async () => {
    const { code, stdout, stderr } = await run(makePicture);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S+_7\.png\n$/);
    expect((await readFile(stdout.trimEnd())).equals(picture)).toBe(true);
    expect(stderr).toContain('step 1/1');
    expect(server?.heard.map(({ type }) => type)).toContain('ack');
    expect(stdout + stderr).not.toContain('hush');
  });

  test('--quiet says nothing but the path', async () => {
    expect(await run(makePicture, '--quiet')).toMatchObject({ code: 0, stderr: '' });
  });

  test('--json: every line is one', async () => {
    const { stdout } = await run(makePicture, '--json');
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['started', 'progress', 'image', 'saved', 'completed']);
  });

  test('--json: the second picture is made while the first is downloaded; both are saved before the end', async () => {
    const first = Promise.withResolvers<ServerResponse>();
    server = await startFakeServer({
      onMessage: answer(makeTwo),
      onRequest(request, response) {
        if (request.url === '/0') first.resolve(response);
        else response.end(picture);
      },
    });
    const child = startSafelight(['a lake', '-o', out, '--json', '-u', server.url]);
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { type, image, n } = JSON.parse(line) as { type: string; image?: number; n?: number };
      told.push(`${type} ${image ?? n ?? ''}`.trimEnd());
      // Not a byte of the first picture was sent so far.
      if (told.at(-1) === 'image 1') (await first.promise).end(picture);
    }
    const pictures = ['image 0', 'progress 1', 'image 1', 'saved 0', 'saved 1'];
    expect(told).toEqual(['started', 'progress 0', ...pictures, 'completed']);
    expect(server.heard.at(-1)?.type).toBe('ack');
  });

  test('1: the job failed, in the server’s words', async () => {
    const failed = await run((jobId, link) =>
      link.say({ type: 'failed', jobId, seq: 1, code: 'ENGINE_FAILED', message: 'it broke' }),
    );
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('safelight: it broke') });
  });

  test('1: whose words cannot move the cursor or name the window', async () => {
    const message = 'it \x1b[2J\x1b]0;owned\x07\x9b1Abroke\r\b';
    const failed = await run((jobId, link) =>
      link.say({ type: 'failed', jobId, seq: 1, code: 'ENGINE_FAILED', message }),
    );
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('safelight: it [2J]0;owned1Abroke\n') });
  });

  test('2: the server refuses the parameters', async () => {
    const refused = await run((jobId, link) =>
      link.say({ type: 'error', jobId, code: 'INVALID_PARAMS', message: 'too wide' }),
    );
    expect(refused).toMatchObject({ code: 2, stdout: '' });
  });

  test('3: the server does not want us back', async () => {
    expect(await run((_, link) => link.close(4503))).toMatchObject({ code: 3, stdout: '' });
  });

  test('0: a link that is cut in the middle comes back', async () => {
    let cuts = 0;
    const { code, stdout } = await run((jobId, link) => {
      if (cuts++ < 2) link.cut();
      else makePicture(jobId, link);
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S+_7\.png\n$/);
  });

  test('4: out of time, and the job is cancelled', async () => {
    const late = await run(() => {}, '-t', '0.5');
    expect(late).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('0.5 s') });
    expect(server?.heard.map(({ type }) => type)).toContain('cancel');
  });

  test('4: out of time, though the server lets us in and says nothing', async () => {
    server = await startFakeServer({ greets: false });
    expect(await runSafelight(['a lake', '-u', server.url, '-t', '0.5'])).toMatchObject({ code: 4, stdout: '' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: %i, and the job is cancelled', async (signal, exitCode) => {
    const submitted = Promise.withResolvers<void>();
    server = await startFakeServer({ onMessage: answer(() => submitted.resolve()) });
    const child = startSafelight(['a lake', '-u', server.url]);
    const finished = finish(child);
    await submitted.promise;
    child.kill(signal);
    expect(await finished).toMatchObject({ code: exitCode, stdout: '' });
    expect(server.heard.map(({ type }) => type)).toContain('cancel');
  });
});

test('130: a second Ctrl-C in the middle of a save leaves no half a picture', async () => {
  const large = Buffer.alloc(48 * 1024 * 1024, 'pixels');
  const hash = createHash('sha256').update(large).digest('hex');
  const image = {
    n: 0,
    seed: 7,
    sha256: hash,
    bytes: large.length,
    width: 1,
    height: 1,
    format: 'png',
    href: '/final',
  };
  server = await startFakeServer({
    onMessage: answer((jobId, link) => link.say({ type: 'image', jobId, seq: 1, ...image })),
    onRequest: (_, response) => response.end(large),
  });
  const child = startSafelight(['a lake', '-u', server.url, '-o', out]);
  const ended = finish(child);
  await vi.waitUntil(() => readdirSync(out).some((name) => name.endsWith('.part')), { interval: 1, timeout: 20_000 });
  child.kill('SIGINT');
  await delay(5);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130 });
  // The save may be faster than the second signal: then the picture is whole.
  const names = await readdir(out);
  expect(names.filter((name) => !name.endsWith('.png'))).toEqual([]);
});

describe('where nothing can be saved', () => {
  test.runIf(process.platform === 'linux')('2: a folder that takes none is found out before the job', async () => {
    server = await startFakeServer();
    const { code, stdout, stderr } = await runSafelight(['a lake', '-u', server.url, '-o', '/proc/safelight']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('cannot save pictures in /proc/safelight: no folder can be made there');
    expect(server.heard).toEqual([]);
  });

  test('2: the terminal UI does not open either', async () => {
    const terminal = openPtyTerminal({ args: ['-o', import.meta.filename], cwd: out, env: {} });
    await terminal.shows('cannot save pictures in');
    expect(await terminal.exited).toBe(2);
  });

  test.runIf(process.platform === 'linux')(
    '0: our own folder that cannot be made is noted, and costs no picture',
    async () => {
      server = await startFakeServer({
        onMessage: answer(makePicture),
        onRequest: (_, response) => response.end(picture),
      });
      const env = { SAFELIGHT_DATA_DIR: '/proc/safelight/data' };
      const { code, stderr } = await runSafelight(['a lake', '-u', server.url, '-o', out], env);
      expect(code).toBe(0);
      expect(stderr).toContain('/proc/safelight/data');
    },
  );
});

test('~ and quotes that no shell has seen are understood', async () => {
  const home = join(out, 'home');
  server = await startFakeServer({ onMessage: answer(makePicture), onRequest: (_, response) => response.end(picture) });
  const args = ['a lake', '-u', server.url, '--name', 'x'];
  expect(await runSafelight([...args, '-o', '~/my pictures'], { HOME: home })).toMatchObject({
    code: 0,
    stdout: `${join(home, 'my pictures', 'x.png')}\n`,
  });
  expect(await runSafelight([...args, '-o', `'${home}/my pictures' `])).toMatchObject({
    code: 0,
    stdout: `${join(home, 'my pictures', 'x-2.png')}\n`,
  });
});

describe('without a server', () => {
  test.each([
    ['a width off range', ['x', '-w', '100'], '--width'],
    ['a width off the grid', ['x', '-w', '513'], '--width'],
    ['a width this model cannot do', ['x', '-w', '520'], '512 and 528'],
    ['no steps', ['x', '-s', '0'], '--steps'],
    ['101 steps', ['x', '-s', '101'], '--steps'],
    ['guidance 21', ['x', '-g', '21'], '--guidance'],
    ['seed -2', ['x', '--seed', '-2'], '--seed'],
    ['seed 2^64', ['x', '--seed', '18446744073709551616'], '--seed'],
    ['a seed that is no number', ['x', '--seed', 'x'], '--seed'],
    ['an unknown scheduler', ['x', '--scheduler', 'magic'], '--scheduler'],
    ['an empty prompt', [''], '--prompt'],
    ['a prompt without quotes', ['a', 'lake'], 'safelight "a lake"'],
    ['a prompt twice', ['a', '--prompt', 'b'], 'twice'],
    ['an unknown option', ['x', '--bogus'], '--bogus'],
    ['a missing init picture', ['x', '--init', '/nowhere.png'], '/nowhere.png'],
    ['a model folder that is not there', ['x', '--model', '/nowhere'], '/nowhere'],
    ['an init picture that is a folder', ['x', '--init', '/tmp'], '--init: /tmp is a folder'],
    ['a mask that is no picture', ['x', '--mask', import.meta.filename], `--mask: ${import.meta.filename} is text`],
    ['a folder for pictures that is a file', ['x', '-o', import.meta.filename], 'it is a file'],
    ['a folder that nothing can be made in', ['x', '-o', '/dev/null/x'], 'choose another folder'],
    ['no folder for pictures', ['x', '-o', ''], 'must not be empty'],
    ['a name with a folder', ['x', '--name', 'trip/{seed}'], '--name: must be a file name'],
    ['an empty name', ['x', '--name', ''], '--name: is empty'],
    ['a name too long', ['x', '--name', '湖'.repeat(90)], '--name: is too long'],
    ['no time', ['x', '-t', '0'], '--timeout'],
    ['no address', ['x', '-u', 'foo'], '--api-url'],
    ['serve without its model', ['serve', '--model', '/nowhere'], '/nowhere'],
    ['an unknown kind of preview', ['x', '--preview', 'ascii'], 'halfblock'],
    ['serve on no port', ['serve', '--port', '99999'], '--port'],
  ])('2: %s', async (_, args, words) => {
    const { code, stdout, stderr } = await runSafelight(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('3: nobody answers', async () => {
    expect(await runSafelight(['x', '-u', 'http://127.0.0.1:1'])).toMatchObject({ code: 3, stdout: '' });
  });

  test.each([[['--help']], [['-h']], [['-w', '512', '-h']]])('%j prints the help', async (args) => {
    const { code, stdout } = await runSafelight(args);
    expect(code).toBe(0);
    expect(stdout).toContain('--guidance');
  });

  test('-h with a number is the height', async () => {
    const { code, stderr } = await runSafelight(['x', '-h', '100']);
    expect(code).toBe(2);
    expect(stderr).toContain('--height');
  });

  test('no prompt and no terminal: help on stderr, exit 2', async () => {
    const { code, stdout, stderr } = await runSafelight([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: safelight');
  });
});

test('--help loads nothing heavy: no picture library, no runtime, no UI, no sockets', async () => {
  const trace = startSafelight(['--help'], { NODE_DEBUG: 'esm' });
  const { stderr } = await finish(trace);
  expect(stderr).toMatch(/commander/);
  expect(stderr).not.toMatch(/node_modules\/(sharp|onnxruntime-node|ink|react|ws|hono)\//);
});
