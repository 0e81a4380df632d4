/** `safelight models` as a process against the stand-in hub: exit codes, stdout, and a token that is never shown. */
import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GOLDENS } from '../support/goldens.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { finish, runSafelight, startSafelight } from '../support/run-safelight.js';
import { MODEL_ID, readFolder, type StandInHub, startStandInHub } from '../support/stand-in-hub.js';

const TOKEN = 'hf_secret';
const UNET = 'unet/model.onnx';
let hub: StandInHub;
let modelsDir: string;

beforeEach(async () => {
  hub = await startStandInHub(readFolder(join(GOLDENS, 'tiny-sd')));
  modelsDir = await mkdtemp(join(tmpdir(), 'safelight-models-'));
});
afterEach(async () => {
  await hub.close();
  await rm(modelsDir, { recursive: true, force: true });
});

const env = () => ({ HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN, SAFELIGHT_MODELS_DIR: modelsDir });
const models = (...args: string[]) => runSafelight(['models', ...args], env());
const folder = () => join(modelsDir, 'someone--tiny-sd');

describe('safelight models', () => {
  test('pull, ls, info, a picture, rm', async () => {
    const pulled = await models('pull', MODEL_ID);
    expect(pulled).toMatchObject({ code: 0, stdout: `${folder()}\n` });
    expect(pulled.stderr).toMatch(/licence: mit/);
    expect(pulled.stderr).toMatch(/100 % · 2\.0 MB of 2\.0 MB/);
    expect(pulled.stderr.split('\n').length).toBeLessThan(20);
    expect(pulled.stderr).not.toContain('\x1b');

    const listed = await models('ls');
    expect(listed.stdout).toMatch(
      /^ID +SIZE +LICENCE +STATE\nsomeone\/tiny-sd +2\.0 MB +mit +complete\ntiny +\d+ MB +MIT +embedded\n$/,
    );
    const [entry] = JSON.parse((await models('ls', '--json')).stdout) as object[];
    expect(entry).toMatchObject({ id: MODEL_ID, complete: true, commit: hub.commit, dir: folder() });

    for (const name of [MODEL_ID, folder()]) {
      const { code, stdout } = await models('info', name);
      expect(code).toBe(0);
      expect(stdout).toMatch(/family +sd\nsizes +multiples of 16\n/);
    }
    expect(JSON.parse((await models('info', MODEL_ID, '--json')).stdout)).toMatchObject({
      licence: 'mit',
      family: 'sd',
    });

    const out = join(modelsDir, 'out');
    const size = ['-w', '256', '-h', '256', '-s', '1'];
    expect((await runSafelight(['a lake', '--model', folder(), '-o', out, ...size], env())).code).toBe(0);

    const removed = await models('rm', MODEL_ID);
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining('removed someone/tiny-sd: 2.0 MB') });
    expect(existsSync(folder())).toBe(false);
  });

  test('in a terminal one line is rewritten', async () => {
    hub.faults.set(UNET, [{ kind: 'cut', afterBytes: 500_000 }]);
    const terminal = openPtyTerminal({ args: ['models', 'pull', MODEL_ID], cwd: modelsDir, env: env() });
    await terminal.shows('complete and checked');
    expect(await terminal.exited).toBe(0);
    const lines = terminal.rows().filter((row) => row.trim() !== '');
    expect(lines).toEqual([
      expect.stringContaining('someone/tiny-sd at cccc'),
      expect.stringContaining('licence: mit'),
      expect.stringMatching(/the download was cut.* trying again in 1 s/),
      expect.stringContaining('complete and checked'),
      folder(),
    ]);
  });

  test('--models-dir wins over the environment', async () => {
    const other = join(modelsDir, 'other');
    expect((await models('pull', MODEL_ID, '--models-dir', other)).stdout).toBe(`${join(other, 'someone--tiny-sd')}\n`);
  });

  test('nothing here: the known models with size and licence, on stderr', async () => {
    const { code, stdout, stderr } = await models('ls');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ID .+\ntiny .+ embedded\n$/) });
    expect(stderr).toMatch(/SimianLuo\/LCM_Dreamshaper_v7 +~4\.3 GB +mit/);
    expect(stderr).toMatch(/sd-turbo-onnxruntime .*no commercial use/);
    expect((await models('info', 'tlwu/sd-turbo-onnxruntime')).stdout).toMatch(/folder +not here; .*models pull/);
  });

  test('the embedded model is known by its id, wherever the command runs', async () => {
    const [entry] = JSON.parse((await models('ls', '--json')).stdout) as object[];
    const dir = expect.stringMatching(/models\/tiny$/);
    expect(entry).toEqual({
      id: 'tiny',
      dir,
      bytes: expect.any(Number),
      complete: true,
      licence: 'MIT',
      embedded: true,
    });
    const { code, stdout } = await models('info', 'tiny');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^id +tiny\nfolder .+\nsize +\d+ MB\nlicence +MIT\n/)]);
    expect(JSON.parse((await models('info', 'tiny', '--json')).stdout)).toMatchObject({ id: 'tiny', family: 'sd' });
  });

  test.each([
    ['rm', 'tiny is embedded in safelight: it cannot be removed'],
    ['pull', 'tiny is embedded in safelight: there is nothing to download'],
  ])('2: %s of the embedded model', async (command, words) => {
    expect(await models(command, 'tiny')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
    expect(existsSync('models/tiny/model_index.json')).toBe(true);
  });

  test('130: interrupted, and the next pull goes on', async () => {
    hub.faults.set(UNET, [{ kind: 'stall', afterBytes: 500_000 }]);
    const child = startSafelight(['models', 'pull', MODEL_ID], env());
    const finished = finish(child);
    for await (const [text] of on(child.stderr, 'data')) if (String(text).includes(UNET)) break;
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('interrupted') });
    expect((await models('ls')).stdout).toMatch(/someone\/tiny-sd .* partial/);
    expect((await models('info', MODEL_ID)).code).toBe(2);
    expect((await models('pull', MODEL_ID)).code).toBe(0);
  });

  test.each([
    [401, 3, 'HF_TOKEN'],
    [404, 2, 'someone/tiny-sd'],
  ])('the hub says %i: exit code %i', async (status, exitCode, words) => {
    hub.status = status;
    const { code, stdout, stderr } = await models('pull', MODEL_ID);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain(TOKEN);
  });

  test('3: wrong bytes', async () => {
    hub.faults.set(UNET, [{ kind: 'wrong-bytes' }, { kind: 'wrong-bytes' }]);
    expect(await models('pull', MODEL_ID)).toMatchObject({ code: 3, stderr: expect.stringContaining('wrong hash') });
  });

  test.each([
    ['an id that is none', ['pull', 'small'], 'org/name'],
    ['rm of a model that is not here', ['rm', 'a/b'], 'a/b is not in'],
    ['rm of a path', ['rm', '../x'], 'org/name'],
    ['info of a folder that is not there', ['info', './nowhere'], './nowhere'],
    ['info of a folder that is no model', ['info', GOLDENS], 'model_index.json'],
    ['no command', [], 'Usage: safelight models'],
    ['no id', ['pull'], 'missing required argument'],
  ])('2: %s', async (_, args, words) => {
    const { code, stdout, stderr } = await models(...args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
