/** The command as a process against a server of the test's making: exit codes, and what goes to stdout. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, startFakeServer } from '../support/fake-server.js';
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

describe('without a server', () => {
  test.each([
    ['a width off range', ['x', '-w', '100'], '--width'],
    ['a width off the grid', ['x', '-w', '513'], '--width'],
    ['a width this model cannot do', ['x', '-w', '520'], '512 and 528'],
    ['no steps', ['x', '-s', '0'], '--steps'],
    ['101 steps', ['x', '-s', '101'], '--steps'],
    ['guidance 21', ['x', '-g', '21'], '--guidance'],
    ['seed -1', ['x', '--seed', '-1'], '--seed'],
    ['seed 2^32', ['x', '--seed', '4294967296'], '--seed'],
    ['a seed that is no number', ['x', '--seed', 'x'], '--seed'],
    ['an unknown scheduler', ['x', '--scheduler', 'magic'], '--scheduler'],
    ['an empty prompt', [''], '--prompt'],
    ['a prompt without quotes', ['a', 'lake'], 'safelight "a lake"'],
    ['a prompt twice', ['a', '--prompt', 'b'], 'twice'],
    ['an unknown option', ['x', '--bogus'], '--bogus'],
    ['a missing init picture', ['x', '--init', '/nowhere.png'], '/nowhere.png'],
    ['a model folder that is not there', ['x', '--model', '/nowhere'], '/nowhere'],
    ['a folder for pictures that is a file', ['x', '-o', import.meta.filename], 'it is a file'],
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
