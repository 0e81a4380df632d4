/** The saved pictures: listed, filtered, told of, taken into the form, opened, copied and removed. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readDetails } from '../../../src/client/gallery.js';
import { readHeader } from '../../../src/tui/decode-picture.js';
import { writePictures } from '../../support/picture-folder.js';
import { closeTuis, KEYS, openIdle, type Tui, type TuiTestOptions } from '../open-tui.js';

let base: string;
let paths: string[];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-gallery-'));
  paths = await writePictures(join(base, 'out'), [
    { prompt: 'a red barn', seed: 11, negativePrompt: 'people' },
    { prompt: 'a lake at night', seed: 12, steps: 30 },
    { prompt: 'a city', seed: 13, color: [200, 30, 30] },
  ]);
});
afterEach(async () => {
  await closeTuis();
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, maxRetries: 10 }); // an opener may still write
});

/** At the newest picture. */
async function openGallery(options: TuiTestOptions = {}): Promise<Tui> {
  const tui = await openIdle({ outputDir: join(base, 'out'), ...options });
  tui.tty.type('3');
  await tui.shows('1 of 3');
  await tui.shows('seed 13');
  return tui;
}

test('lists the newest first, and tells what the chosen one was made from', async () => {
  const tui = await openGallery({ color: 'truecolor' });
  expect(tui.text()).toMatch(/› output_13\.png +output_12\.png +output_11\.png/);
  expect(tui.text()).toContain('256×256');
  await tui.shows('▀');
  tui.tty.type(KEYS.right);
  await tui.shows('seed 12 · steps 30');
  expect(tui.text()).toContain('2 of 3');
  tui.tty.type('llG');
  await tui.shows('not: people');
  tui.tty.type('g');
  await tui.shows('1 of 3');
});

test('is narrowed by words of the prompt or the name, and whole again', async () => {
  const tui = await openGallery();
  tui.tty.type('/barn');
  await tui.shows('1 of 3');
  expect(tui.text()).toMatch(/› output_11\.png/);
  expect(tui.text()).not.toContain('output_13');
  tui.tty.type('\r');
  await tui.shows('q quit');
  expect(tui.text()).toContain('filter barn');
  tui.tty.type('/\x7f\x7f\x7f\x7f12');
  await tui.shows('› output_12.png');
  tui.tty.type(KEYS.esc);
  await tui.lacks('filter 12');
  expect(tui.text()).toContain('output_13.png');
});

test('r makes it again as it was; e takes all of it into the form', async () => {
  const tui = await openGallery();
  tui.tty.type(KEYS.right);
  await tui.shows('steps 30');
  tui.tty.type('r');
  await tui.until(() => tui.client.jobs.length === 1);
  expect(tui.client.job.request).toMatchObject({ prompt: 'a lake at night', seed: 12, steps: 30, width: 256 });
  tui.tty.type('3e');
  await tui.until((text) => /│ a lake at night +│/.test(text));
  expect(tui.text()).toContain('256×256 · 30 steps');
  expect(tui.text()).toContain('seed 12');
});

test('d asks before anything goes to the trash', async () => {
  vi.stubEnv('HOME', base);
  vi.stubEnv('XDG_DATA_HOME', undefined);
  const tui = await openGallery();
  for (const no of [KEYS.esc, 'n', 'q', KEYS.ctrlC]) {
    tui.tty.type('d');
    await tui.shows('Move output_13.png to the trash?');
    tui.tty.type(no);
    await tui.shows('1 of 3');
  }
  tui.tty.type('d');
  await tui.shows('to the trash?');
  tui.tty.type('y');
  await tui.shows('output_13.png is in the trash.');
  await tui.shows('1 of 2');
  expect(await readdir(join(base, 'out'))).toEqual(['output_11.png', 'output_12.png']);
  const trash = join(base, '.local/share/Trash/files');
  const [name] = await readdir(trash);
  expect(await readDetails(join(trash, name), readHeader)).toMatchObject({ recipe: { params: { seed: 13 } } });
});

test('i tells all of it, page by page where there is little room', async () => {
  await writePictures(join(base, 'out'), [{ prompt: `${'a long story, '.repeat(60)}the end`, seed: 10 }]);
  const tui = await openIdle({ outputDir: join(base, 'out'), columns: 60, rows: 16 });
  tui.tty.type('3');
  await tui.shows('1 of 4');
  tui.tty.type('G');
  await tui.shows('a long story');
  tui.tty.type('i');
  await tui.shows('page 1 of');
  expect(tui.text()).not.toContain('the end');
  tui.tty.type(KEYS.down.repeat(20));
  await tui.shows('written by safelight');
  tui.tty.type(KEYS.up);
  await tui.lacks('written by safelight');
  tui.tty.type('i');
  await tui.shows('4 of 4');
});

describe('to other programs', () => {
  const copied = (tui: Tui) =>
    tui.tty.bytes
      .split('\x1b]52;c;')
      .slice(1)
      .map((rest) => Buffer.from(rest.slice(0, rest.indexOf('\x07')), 'base64').toString());

  test('y copies the path, p the prompt, by OSC 52', async () => {
    const tui = await openGallery();
    tui.tty.type('y');
    await tui.shows('The path is sent to the terminal’s');
    tui.tty.type('p');
    await tui.shows('The prompt is sent to the terminal’s');
    expect(copied(tui)).toEqual([paths[2], 'a city']);
  });

  test('o opens it in the system’s viewer', async () => {
    const bin = join(base, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'viewer'), `#!/bin/sh\necho "$1" > ${join(base, 'opened')}\n`);
    await chmod(join(bin, 'viewer'), 0o755);
    vi.stubEnv('PATH', bin);
    vi.stubEnv('BROWSER', join(bin, 'viewer'));
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'XDG_CURRENT_DESKTOP']) vi.stubEnv(name, undefined);
    const tui = await openGallery();
    tui.tty.type('o');
    const opened = () => readFile(join(base, 'opened'), 'utf8').catch(() => '');
    await expect.poll(opened, { timeout: 10_000 }).toBe(`${paths[2]}\n`);
    expect(tui.text()).not.toContain('✖');
  });
});

test('what is no picture is told, and the others are still there', async () => {
  await writeFile(join(base, 'out', 'broken.png'), 'no picture');
  const tui = await openIdle({ outputDir: join(base, 'out'), color: 'truecolor' });
  tui.tty.type('3');
  await tui.shows('1 of 4');
  await tui.shows('✖ ');
  tui.tty.type(KEYS.right);
  await tui.shows('seed 13');
});
