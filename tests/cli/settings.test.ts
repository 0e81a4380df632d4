/** The settings file under the command, as a process: which server and token are used, what is asked of it, and what is kept. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toSaveOptions } from '../../src/cli/one-shot.js';
import { type SourceOf, withSettings } from '../../src/cli/settings.js';
import { createJournal } from '../../src/client/journal.js';
import { createPromptHistory } from '../../src/client/prompt-history.js';
import { createUsage } from '../../src/client/usage.js';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeServer, startFakeServer } from '../support/fake-server.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { type Finished, runSafelight } from '../support/run-safelight.js';

const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
  .png()
  .toBuffer();
const sha256 = createHash('sha256').update(picture).digest('hex');
const HERE = resolve(import.meta.dirname, '../support/everywhere-is-here.mjs');
let base: string;
let configDir: string;
let dataDir: string;
const servers: FakeServer[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-cli-settings-'));
  [configDir, dataDir] = [join(base, 'config'), join(base, 'data')];
  await mkdir(configDir);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(base, { recursive: true });
});

interface Server extends FakeServer {
  /** Of the picture's download. */
  tokens: (string | undefined)[];
}

/** Makes every job's one picture at once. */
async function startServer(): Promise<Server> {
  const tokens: (string | undefined)[] = [];
  const server = await startFakeServer({
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      const { jobId, params } = message;
      const image = {
        n: 0,
        seed: params.seed,
        sha256,
        bytes: picture.length,
        width: 8,
        height: 8,
        format: 'png',
        href: '/final',
      };
      link.say({ type: 'started', jobId, seq: 1, seeds: [params.seed] });
      link.say({ type: 'image', jobId, seq: 2, ...image });
      link.say({ type: 'completed', jobId, seq: 3, seeds: [params.seed], timings: { queuedMs: 0, totalMs: 5 } });
    },
    onRequest(request, response) {
      tokens.push(request.headers.authorization?.replace('Bearer ', ''));
      response.end(picture);
    },
  });
  servers.push(server);
  return { ...server, tokens };
}

const write = (settings: object) => writeFile(join(configDir, 'settings.json'), JSON.stringify(settings));
const folders = () => ({ SAFELIGHT_CONFIG_DIR: configDir, SAFELIGHT_DATA_DIR: dataDir });
const run = (args: string[], env: Record<string, string> = {}): Promise<Finished> =>
  runSafelight(args, { ...folders(), ...env });
const draw = (args: string[] = [], env: Record<string, string> = {}) =>
  run(['a lake', '-o', join(base, 'out'), ...args], env);
type Submit = Extract<ClientMessage, { type: 'submit' }>;
const submitsOf = ({ heard }: FakeServer) => heard.filter((message): message is Submit => message.type === 'submit');

describe('which server and token', () => {
  let [one, two]: Server[] = [];
  beforeEach(async () => {
    [one, two] = [await startServer(), await startServer()];
    const profiles = { one: { url: `${one.url}/#token=of-one` }, two: { url: two.url, token: 'of-two' } };
    await write({ profile: 'one', profiles });
  });

  test.each<[string, string[], (url: string) => Record<string, string>, 'one' | 'two', string | undefined]>([
    ['the file’s profile', [], () => ({}), 'one', 'of-one'],
    ['--profile', ['--profile', 'two'], () => ({}), 'two', 'of-two'],
    ['the environment before the file’s profile', [], (SD_API_URL) => ({ SD_API_URL }), 'two', 'of-two'],
    ['and its token, too', [], (SD_API_URL) => ({ SD_API_URL, SAFELIGHT_TOKEN: 'of-env' }), 'two', 'of-env'],
    ['--profile before the environment', ['--profile', 'one'], (SD_API_URL) => ({ SD_API_URL }), 'one', 'of-one'],
    ['a profile keeps its token', [], () => ({ SAFELIGHT_TOKEN: 'of-env' }), 'one', 'of-one'],
    ['unless another is given', ['--token', 'given'], () => ({ SAFELIGHT_TOKEN: 'of-env' }), 'one', 'given'],
    ['--profile keeps its token', ['--profile', 'two'], () => ({ SAFELIGHT_TOKEN: 'of-env' }), 'two', 'of-two'],
  ])('%s', async (_, args, env, name, token) => {
    const { code, stdout, stderr } = await draw(args, env(two.url));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [asked, other] = name === 'one' ? [one, two] : [two, one];
    expect(asked.tokens).toEqual([token]);
    expect(other.heard).toEqual([]);
    expect(stdout + stderr).not.toContain('of-');
  });

  test('--api-url before all; the token is that of the profile with this address', async () => {
    await draw(['-u', two.url], { SD_API_URL: one.url });
    expect([one.tokens, two.tokens]).toEqual([[], ['of-two']]);
    await draw(['-u', `${one.url}/#token=typed`]);
    expect(one.tokens).toEqual(['typed']);
  });

  test('no token goes to a server that it does not belong to', async () => {
    const other = await startServer();
    expect((await draw(['-u', other.url])).code).toBe(0);
    expect(other.tokens).toEqual([undefined]);
  });

  test('local: a server of one’s own, whatever else is set', async () => {
    const size = ['-w', '256', '-h', '256', '-s', '1'];
    const { code } = await draw(['--profile', 'local', ...size], { SD_API_URL: two.url });
    expect(code).toBe(0);
    expect([...one.heard, ...two.heard]).toEqual([]);
  });

  test('2: a profile that is not there, and two servers at once', async () => {
    const unknown = await draw(['--profile', 'three']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain(
      `${join(configDir, 'settings.json')} has no profile three; there are: one, two, local`,
    );
    expect(unknown.stderr).not.toContain('of-');
    expect((await draw(['--profile', 'one', '-u', two.url])).code).toBe(2);
  });

  test('verify asks the profile’s server, with nothing of the defaults', async () => {
    const profiles = { one: { url: one.url, token: 'of-one' } };
    await write({ profile: 'one', profiles, defaults: { steps: 9 } });
    const { stdout: path } = await run([
      'a lake',
      '-w',
      '256',
      '-h',
      '256',
      '-s',
      '1',
      '-o',
      base,
      '--profile',
      'local',
    ]);
    await run(['verify', path.trimEnd()]);
    expect(submitsOf(one)[0].params).toMatchObject({ prompt: 'a lake', steps: 1 });
    expect(one.tokens).toEqual(['of-one']);
  });

  test('resume asks the server of each job, with the token of its profile, and not the file’s usual one', async () => {
    await createJournal(join(dataDir, 'journal')).add({
      jobId: '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d',
      url: two.url,
      submittedAt: new Date().toISOString(),
      params: { prompt: 'a lake', seed: 7 },
      save: { outputDir: join(base, 'out'), name: '{seed}' },
      saved: [],
    });
    await releaseJournal();
    expect(await run(['resume'])).toMatchObject({ code: 0, stdout: `${join(base, 'out', '7.png')}\n` });
    expect([one.heard, two.tokens]).toEqual([[], ['of-two']]);
  });

  /** As if the process that wrote it were gone. */
  async function releaseJournal(): Promise<void> {
    const dir = join(dataDir, 'journal');
    const [name] = await readdir(dir);
    await writeFile(join(dir, name.replace(`${process.pid}`, '4194305')), await readFile(join(dir, name)));
    await rm(join(dir, name));
  }
});

describe('defaults', () => {
  test('options go before them, and they before what is built in', async () => {
    const server = await startServer();
    const profiles = { one: { url: server.url } };
    const defaults = { negativePrompt: 'fog', guidanceScale: 3, width: 768, steps: 9, clipSkip: 2, hiresScale: 1.5 };
    await write({ profile: 'one', profiles, defaults, outputDir: join(base, 'pictures') });
    const { stdout } = await run(['a lake', '-s', '4', '--clip-skip', '1']);
    expect(submitsOf(server)[0].params).toMatchObject({ ...defaults, steps: 4, clipSkip: 1, height: 512 });
    expect(stdout.startsWith(join(base, 'pictures', 'output_'))).toBe(true);
    expect((await draw()).stdout.startsWith(join(base, 'out'))).toBe(true);
  });

  test('2: a damaged file names file and key, and no token', async () => {
    await write({ profiles: { one: { url: 'http://x', token: 'hush', tokn: 'hush' } }, defaults: { width: 700 } });
    const { code, stdout, stderr } = await draw();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${join(configDir, 'settings.json')}: defaults.width: must be a multiple of 8`);
    expect(stderr).toContain('profiles.one: there is no tokn here, only url, token');
    expect(stderr).not.toContain('hush');
  });

  test('serve and models do not need the file', async () => {
    await writeFile(join(configDir, 'settings.json'), 'damaged');
    expect((await run(['models', 'ls'])).code).toBe(0);
    expect((await run(['--help'])).code).toBe(0);
  });
});

describe('withSettings', () => {
  const flags = { save: true };
  const sources =
    (given: Record<string, string>): SourceOf =>
    (option) =>
      given[option];

  test('a preview that was not asked for or refused is the file’s; a home folder is meant by ~', async () => {
    await write({ preview: 'sixel', outputDir: '~/pictures' });
    process.env.SAFELIGHT_CONFIG_DIR = configDir;
    try {
      const options = await withSettings(flags, sources({}));
      expect(options.preview).toBe('sixel');
      expect(await toSaveOptions(options)).toMatchObject({ outputDir: join(homedir(), 'pictures') });
      expect(await withSettings({ ...flags, preview: false }, sources({ preview: 'cli' }))).toMatchObject({
        preview: false,
      });
    } finally {
      delete process.env.SAFELIGHT_CONFIG_DIR;
    }
  });
});

describe('wildcards', () => {
  let server: Server;
  beforeEach(async () => {
    server = await startServer();
    await write({ profile: 'one', profiles: { one: { url: server.url } } });
    await mkdir(join(configDir, 'wildcards'));
    await writeFile(
      join(configDir, 'wildcards', 'colour.txt'),
      Array.from({ length: 64 }, (_, n) => `c${n}`).join('\n'),
    );
  });

  test('are expanded before they are sent, the same for the same seed, and told', async () => {
    const args = [
      'a __colour__ {lake|sea}',
      '-n',
      '__colour__',
      '-o',
      join(base, 'out'),
      '--count',
      '2',
      '--seed',
      '7',
    ];
    const { stderr } = await run(args);
    await run(args);
    const [first, again] = submitsOf(server).map(({ params }) => params);
    expect(first.prompt).toMatch(/^a c\d+ (lake|sea)$/);
    expect(first.negativePrompt).toMatch(/^c\d+$/);
    expect(first).toMatchObject({ seed: 7, count: 2 });
    expect(again).toEqual(first);
    expect(stderr).toContain(`prompt: ${first.prompt}\n`);
    expect(stderr).toContain(`negative: ${first.negativePrompt}\n`);
  });

  test('without a seed one is drawn first, so that it makes the prompt again', async () => {
    await run(['__colour__ __colour__', '-o', join(base, 'out')]);
    const { prompt, seed } = submitsOf(server)[0].params;
    await run(['__colour__ __colour__', '-o', join(base, 'out'), '--seed', String(seed)]);
    expect(submitsOf(server)[1].params.prompt).toBe(prompt);
  });

  test('--quiet and --json keep stdout as it is', async () => {
    const quiet = await run(['{a|b}', '-o', join(base, 'out'), '--quiet']);
    expect(quiet.stderr).toBe('');
    const { stdout } = await run(['{a|b}', '-o', join(base, 'out'), '--json']);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
  });

  test('2: a list that is not there, before any server is asked', async () => {
    const { code, stderr } = await run(['a __colours__ lake']);
    expect(code).toBe(2);
    expect(stderr).toContain(`__colours__: ${join(configDir, 'wildcards')} has no colours.txt; there are colour`);
    expect(server.heard).toEqual([]);
  });

  test('2: an empty prompt is one after the expansion, too', async () => {
    expect(await run(['{|}'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--prompt: must not be empty'),
    });
  });
});

describe('what is kept', () => {
  test('bytes of servers elsewhere, and not of this machine', async () => {
    const server = await startServer();
    const far = server.url.replace('127.0.0.1', 'gpu-box.example');
    const env = { NODE_OPTIONS: `--import ${HERE}` };
    expect((await draw(['-u', far], env)).code).toBe(0);
    const { host } = new URL(far);
    const once = await sumOf(host);
    expect(once).toBeGreaterThan(picture.length);
    await draw(['-u', far], env);
    expect(await sumOf(host)).toBeGreaterThan(1.9 * once);
    await draw(['-u', server.url]);
    expect(await sumOf(new URL(server.url).host)).toBe(0);
  });

  async function sumOf(host: string): Promise<number> {
    const months = (await readdir(join(dataDir, 'usage'))).map((name) => name.slice(0, '2026-11'.length));
    const usage = createUsage(join(dataDir, 'usage'));
    const sums = await Promise.all(months.map((month) => usage.usageOf(host, month)));
    return sums.reduce((sum, bytes) => sum + bytes);
  }

  test('counts that cannot be written are told, and the picture is made', async () => {
    const server = await startServer();
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'usage'), 'a file');
    const env = { NODE_OPTIONS: `--import ${HERE}` };
    const { code, stdout, stderr } = await draw(['-u', server.url.replace('127.0.0.1', 'gpu-box.example')], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\.png\n$/);
    expect(stderr).toContain('cannot be counted');
  });

  test('prompts that a person typed in a terminal, as they were typed; not those of scripts', async () => {
    const server = await startServer();
    const history = createPromptHistory(join(dataDir, 'prompts'));
    await draw(['-u', server.url]);
    expect(await history.list()).toEqual([]);
    const args = ['{a lake|a lake}', '-u', server.url, '-o', join(base, 'out')];
    const terminal = openPtyTerminal({ args, cwd: base, env: folders() });
    expect(await terminal.exited).toBe(0);
    expect(await history.list()).toEqual(['{a lake|a lake}']);
    expect(submitsOf(server)[1].params.prompt).toBe('a lake');
  });
});
