/** The README's first command with the embedded model: a real server, a real engine process, a real file. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPngText } from '../../src/metadata/files/read-png-text.js';
import { runSafelight, type ServeProcess, startServe } from '../support/run-safelight.js';

/** Where all but the first picture are made: a local server costs each command the seconds in which it loads the model. */
let server: ServeProcess;
beforeAll(async () => {
  server = await startServe();
});
afterAll(() => server.stop());

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'safelight-out-'));
});
afterEach(() => rm(out, { recursive: true }));

const make = (...args: string[]) =>
  runSafelight([...args, '-o', out], { SD_API_URL: `${server.url}/#token=${server.token}` });
const makeHere = (...args: string[]) => runSafelight([...args, '-o', out]);

async function pixelsOf(path: string): Promise<Buffer> {
  return sharp(path).removeAlpha().raw().toBuffer();
}

describe('safelight "PROMPT"', () => {
  const prompt = 'a cyberpunk city at night';

  test('prints one path, makes the picture, and a server makes the same pixels', async () => {
    const first = await makeHere(prompt, '--seed', '42', '-s', '8');
    expect(first).toMatchObject({ code: 0 });
    const path = first.stdout.trimEnd();
    expect(path.split('\n')).toHaveLength(1);
    expect(path).toMatch(/output_[^/]*_42\.png$/);
    expect(await sharp(path).metadata()).toMatchObject({ format: 'png', width: 512, height: 512 });

    const second = await make(prompt, '--seed', '42', '-s', '8');
    expect(second.stdout).not.toBe(first.stdout);
    expect((await pixelsOf(second.stdout.trimEnd())).equals(await pixelsOf(path))).toBe(true);
  });

  test('shows the light that was asked for: a night is darker than a day, a sunset redder than a blue sky', async () => {
    const means = async (text: string) => {
      const { stdout } = await make(text, '--seed', '7', '-s', '12', '-w', '256', '-h', '256');
      const { channels } = await sharp(stdout.trimEnd()).stats();
      return {
        red: channels[0].mean,
        blue: channels[2].mean,
        light: channels[0].mean + channels[1].mean + channels[2].mean,
      };
    };
    const night = await means('a city at night');
    const day = await means('the sea on a clear day');
    const sunset = await means('a desert at sunset');
    expect(night.light).toBeLessThan(day.light / 2);
    expect(sunset.red / sunset.blue).toBeGreaterThan(1.5 * (day.red / day.blue));
  });

  test('the file tells how it was made, for AUTOMATIC1111 and for us', async () => {
    const { stdout } = await make(prompt, '--seed', '5', '-s', '4', '-n', 'fog', '-w', '256', '-h', '320', '-g', '3');
    const texts = readPngText(await readFile(stdout.trimEnd()));
    expect(texts.parameters).toMatch(
      /^a cyberpunk city at night\nNegative prompt: fog\nSteps: 4, Sampler: DPM\+\+ 2M, Schedule type: Uniform, CFG scale: 3, Seed: 5, Size: 256x320, Model: tiny, RNG: CPU/,
    );
    expect(JSON.parse(texts.safelight)).toMatchObject({
      model: 'tiny',
      params: { prompt, negativePrompt: 'fog', seed: 5, steps: 4, width: 256, height: 320, guidanceScale: 3, count: 1 },
    });
  });

  test.each([
    ['18446744073709551615', 4294967295],
    ['9007199254740993', 1],
  ])('--seed %s makes the pictures of %i and what follows it', async (wide, seed) => {
    const size = ['-s', '1', '-w', '64', '-h', '64', '--count', '2'];
    const { code, stdout } = await make(prompt, '--seed', wide, ...size);
    expect(code).toBe(0);
    const files = stdout.trimEnd().split('\n');
    const narrow = [seed, (seed + 1) % 2 ** 32];
    for (const [i, path] of files.entries()) {
      expect(path).toMatch(new RegExp(`_${narrow[i]}.png$`));
      const { parameters, safelight } = readPngText(await readFile(path));
      expect(parameters).toContain(`Seed: ${narrow[i]},`);
      expect(JSON.parse(safelight).params.seed).toBe(narrow[i]);
    }
    expect(files).toHaveLength(2);
  });

  test('--seed -1 is another seed each time; what is no seed is refused in words', async () => {
    const run = (...seed: string[]) => make(prompt, ...seed, '-s', '1', '-w', '64', '-h', '64');
    const seeds = new Set<string | undefined>();
    for (const seed of [['--seed', '-1'], ['--seed=-1']]) {
      const { code, stdout } = await run(...seed);
      expect(code).toBe(0);
      seeds.add(/_(\d+)\.png/.exec(stdout)?.[1]);
    }
    expect(seeds.size).toBe(2);
    for (const wrong of ['-2', '1.5', 'seven', '18446744073709551616', '']) {
      const { code, stderr } = await run('--seed', wrong);
      expect(code).toBe(2);
      expect(stderr).toContain('whole number from 0 to 18446744073709551615, or -1 for a random one');
    }
  });

  test('progress counts steps, also where the scheduler calls the model more often', async () => {
    const { stderr } = await make(prompt, '--scheduler', 'heun', '-s', '5', '-w', '64', '-h', '64', '--seed', '1');
    expect(stderr).toContain('step 5/5');
    expect(stderr).not.toMatch(/\/9/);
  });

  test.each([
    [64, 64],
    [832, 1216],
    [2048, 64],
  ])('makes a picture of %i×%i', async (width, height) => {
    const { stdout } = await make(prompt, '-s', '1', '-w', String(width), '-h', String(height), '--seed', '1');
    expect(await sharp(stdout.trimEnd()).metadata()).toMatchObject({ width, height });
    const { channels } = await sharp(stdout.trimEnd()).stats();
    expect(channels.some(({ stdev }) => stdev > 5)).toBe(true);
  });

  test('--count makes pictures of seed, seed + 1, …, each as it would be alone', async () => {
    const both = await make(prompt, '--seed', '8', '--count', '2', '-s', '4', '-w', '64', '-h', '64');
    const paths = both.stdout.trimEnd().split('\n');
    expect(paths.map((path) => path.match(/_(\d+)\.png$/)?.[1])).toEqual(['8', '9']);
    const alone = await make(prompt, '--seed', '9', '-s', '4', '-w', '64', '-h', '64');
    expect((await pixelsOf(alone.stdout.trimEnd())).equals(await pixelsOf(paths[1]))).toBe(true);
  });

  test('--init starts from a picture: little strength stays near it, much goes away', async () => {
    const init = join(out, 'init.png');
    await sharp({ create: { width: 256, height: 256, channels: 3, background: { r: 200, g: 120, b: 40 } } })
      .png()
      .toFile(init);
    const distance = async (strength: string) => {
      const { stdout } = await make(
        'a blue sea',
        '--init',
        init,
        '--strength',
        strength,
        '--seed',
        '3',
        '-w',
        '256',
        '-h',
        '256',
      );
      const [got, want] = [await pixelsOf(stdout.trimEnd()), await pixelsOf(init)];
      return got.reduce((sum, value, i) => sum + Math.abs(value - want[i]), 0) / want.length;
    };
    expect(await distance('0.2')).toBeLessThan((await distance('0.95')) / 2);
  });

  test('--no-save leaves no file, --format writes the other kinds, --json tells every event', async () => {
    expect(await make(prompt, '--no-save', '-s', '2', '-w', '64', '-h', '64')).toMatchObject({ code: 0, stdout: '' });
    expect(await readdir(out)).toEqual([]);
    const webp = await make(prompt, '--format', 'webp', '-s', '2', '-w', '64', '-h', '64');
    expect((await sharp(webp.stdout.trimEnd()).metadata()).format).toBe('webp');
    const { stdout } = await make(prompt, '--json', '-s', '2', '-w', '64', '-h', '64');
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(['queued', 'started', 'progress', 'image', 'completed', 'saved']));
  });
});
