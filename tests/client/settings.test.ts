import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSettings, type Settings, saveSettings, settingsFile, tokenFor } from '../../src/client/settings.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

let base: string;
let file: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-settings-'));
  file = settingsFile(join(base, 'made', 'here'));
});
afterEach(() => rm(base, { recursive: true }));

async function write(text: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

const whole: Settings = {
  profile: 'colab',
  profiles: {
    colab: { url: 'https://one.ngrok.app/#token=hush' },
    desk: { url: 'http://gpu-box:8000', token: 'hush2' },
  },
  defaults: {
    negativePrompt: 'fog',
    width: 768,
    height: 512,
    steps: 12,
    guidanceScale: 0,
    seed: 7,
    scheduler: 'euler_a',
    count: 2,
    hiresScale: 1.5,
    model: 'org/name',
    clipSkip: 2,
    format: 'webp',
  },
  preview: 'off',
  outputDir: '~/pictures',
  keys: { generate: 'ctrl+g', quit: ['q', 'ctrl+q'] },
};

test('a file that is not there is an empty one', async () => {
  expect(await loadSettings(file)).toEqual({ profiles: {}, defaults: {} });
  await write('{}');
  expect(await loadSettings(file)).toEqual({ profiles: {}, defaults: {} });
});

test('what was saved is loaded; file and folder are the user’s alone, and nothing else is left in it', async () => {
  await saveSettings(file, whole);
  expect(await loadSettings(file)).toEqual(whole);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(file, '..'))).toEqual(['settings.json']);
});

test.each([
  ['18446744073709551615', 4294967295],
  ['9007199254740993', 1],
  ['"9007199254740993"', 1],
])('a default seed of 64 bits counts mod 2^32: %s', async (seed, narrow) => {
  await write(`{"defaults":{"seed":${seed}}}`);
  expect((await loadSettings(file)).defaults).toEqual({ seed: narrow });
});

test('a default seed of -1 is refused in words', async () => {
  await write('{"defaults":{"seed":-1}}');
  await expect(loadSettings(file)).rejects.toThrow(/defaults.seed: must be a whole number .*leave it out/);
});

test('a file that others could read is the user’s alone after saving', async () => {
  await write('{}');
  await chmod(file, 0o644);
  await saveSettings(file, whole);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('readers never see half a file', async () => {
  await saveSettings(file, whole);
  const writers = (async () => {
    for (let n = 0; n < 30; n++) await saveSettings(file, { ...whole, outputDir: 'x'.repeat(n * 1000 + 1) });
  })();
  let isWriting = true;
  void writers.finally(() => {
    isWriting = false;
  });
  while (isWriting) expect((await loadSettings(file)).profiles).toEqual(whole.profiles);
  await writers;
});

test('defaults are left out unless they are given: nothing is filled in', async () => {
  await write('{"defaults":{"steps":5}}');
  expect((await loadSettings(file)).defaults).toEqual({ steps: 5 });
});

test('every default makes a good request by itself', async () => {
  for (const [name, value] of Object.entries(whole.defaults)) {
    expect(GenerationParamsSchema.safeParse({ prompt: 'x', [name]: value }).success).toBe(true);
  }
});

describe('what cannot be used names file and key, and no value', () => {
  test.each([
    ['{"widht":1}', 'there is no widht here, only profile, profiles, defaults, preview, theme, outputDir, keys'],
    [
      '{"defaults":{"prompt":"x","strength":1}}',
      'defaults: there is no prompt and no strength here, only negativePrompt, width,',
    ],
    ['{"defaults":{"width":700}}', 'defaults.width: must be a multiple of 8'],
    ['{"defaults":{"steps":"12"}}', 'defaults.steps: must be a whole number from 1 to 100'],
    ['{"defaults":{"scheduler":"magic"}}', 'defaults.scheduler: '],
    ['{"profiles":{"a":{}}}', 'profiles.a.url: must be the address of a server'],
    ['{"profiles":{"a":{"url":"hush"}}}', 'profiles.a.url: must be the address of a server'],
    ['{"profiles":{"a":{"url":"http://x","token":""}}}', 'profiles.a.token: must not be empty'],
    ['{"profiles":{"a":{"url":"http://x","token":["hush"]}}}', 'profiles.a.token: Invalid input: expected string'],
    ['{"profiles":{"a":{"url":"http://x","user":"me"}}}', 'profiles.a: there is no user here, only url, token'],
    ['{"profiles":{"local":{"url":"http://x"}}}', 'profiles.local: is taken'],
    ['{"profile":"desk"}', 'profile: must be the name of one of the profiles'],
    ['{"preview":"no"}', 'preview: must be one of auto, kitty'],
    ['{"keys":{"quit":7}}', 'keys.quit: must be a key, as "ctrl+g", or a list of keys'],
    ['{"keys":{"quit":[""]}}', 'keys.quit'],
    ['[]', 'Invalid input: expected object'],
    ['{"profiles":{"a":{"token":"hush" "url":"x"}}}', 'not JSON (line 1 column 34)'],
    ['{"profiles":{"a":{"token": hush}}}', 'not JSON'],
    ['', 'not JSON'],
  ])('%s', async (text, words) => {
    await write(text);
    const error = await loadSettings(file).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_PARAMS', message: expect.stringContaining(`${file}: ${words}`) });
    expect(error.message).not.toContain('hush');
    expect(error.cause).toBeUndefined();
  });

  test('all wrong keys at once, a line each', async () => {
    await write('{"preview":1,"defaults":{"steps":0}}');
    await expect(loadSettings(file)).rejects.toThrow(/^.*defaults\.steps: .*\n.*preview: .*$/);
  });

  test('nothing wrong is saved', async () => {
    const wrong = { ...whole, defaults: { width: 1 } };
    await expect(saveSettings(file, wrong)).rejects.toThrow(`${file}: defaults.width`);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

test('what cannot be read or written says so', async () => {
  await mkdir(file, { recursive: true });
  await expect(loadSettings(file)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining(file),
  });
  await expect(saveSettings(file, whole)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  expect(await readdir(join(file, '..'))).toEqual(['settings.json']);
});

describe('tokenFor', () => {
  test.each([
    ['https://one.ngrok.app', 'hush'],
    ['wss://one.ngrok.app/', 'hush'],
    ['http://gpu-box:8000', 'hush2'],
    ['http://gpu-box:8000/#token=other', 'other'],
    ['http://gpu-box:8001', undefined],
    ['http://one.ngrok.app', undefined],
    ['https://one.ngrok.app.evil.example', undefined],
    ['https://one.ngrok.app/path', undefined],
  ])('%s: %s', (url, token) => {
    expect(tokenFor(whole, url)).toBe(token);
  });
});
