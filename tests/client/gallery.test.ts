import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listPictures, openPicture, readDetails, trashPicture } from '../../src/client/gallery.js';
import { encodePicture } from '../../src/engine/image.js';
import { resolveParams } from '../../src/engine/request.js';
import { withPngText } from '../../src/metadata/files/write-png-text.js';
import type { ImageFormat } from '../../src/protocol/params.js';
import { readHeader } from '../../src/tui/decode-picture.js';
import { MODEL, toParams } from '../support/server-rig.js';

let base: string;
let dir: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-gallery-'));
  dir = join(base, 'out');
  await mkdir(dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, maxRetries: 10 }); // a program that was just killed may still write
});

async function put(name: string, savedAt = '2026-11-01T00:00:00Z', bytes: Uint8Array | string = 'x'): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, bytes);
  await utimes(path, new Date(savedAt), new Date(savedAt));
  return path;
}

describe('listPictures', () => {
  test('newest first, with size and time; of one moment by name', async () => {
    await put('a.png', '2026-11-01T00:00:00Z', 'four');
    await put('c.webp', '2026-11-03T00:00:00Z');
    await put('output_7-2.jpeg', '2026-11-02T00:00:00Z');
    await put('output_7-10.jpeg', '2026-11-02T00:00:00Z');
    const pictures = await listPictures(dir);
    expect(pictures.map(({ name }) => name)).toEqual(['c.webp', 'output_7-10.jpeg', 'output_7-2.jpeg', 'a.png']);
    const [savedAtMs, path] = [Date.parse('2026-11-01T00:00:00Z'), join(dir, 'a.png')];
    expect(pictures.at(-1)).toEqual({ path, name: 'a.png', bytes: 4, savedAtMs });
  });

  test('only pictures that are whole', async () => {
    await put('a.PNG');
    await put('b.jpg');
    await put('notes.txt');
    await put('.hidden.png');
    await put('.4f1f.part');
    await put('png');
    await mkdir(join(dir, 'folder.png'));
    await symlink(join(dir, 'gone'), join(dir, 'lost.png'));
    await symlink(join(dir, 'a.PNG'), join(dir, 'linked.png'));
    const names = (await listPictures(dir)).map(({ name }) => name);
    expect(names.sort()).toEqual(['a.PNG', 'b.jpg', 'linked.png']);
  });

  test('a folder that is not there is empty; what cannot be listed says so', async () => {
    expect(await listPictures(join(base, 'nowhere'))).toEqual([]);
    const file = await put('a.png');
    await expect(listPictures(file)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(file),
    });
  });
});

describe('readDetails', () => {
  const red = sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } });
  const params = resolveParams(toParams({ prompt: 'a lake 湖', seed: 7, width: 264, height: 256, steps: 3 }), MODEL);

  async function make(format: ImageFormat): Promise<string> {
    const [width, height] = [264, 256];
    const pixels = new Uint8Array(width * height * 3).fill(90);
    return put(`a.${format}`, undefined, await encodePicture({ width, height, pixels }, { ...params, format }, MODEL));
  }

  test.each(['png', 'webp', 'jpeg'] as const)('size and recipe of a %s', async (format) => {
    const details = await readDetails(await make(format), readHeader);
    expect(details).toMatchObject({ width: 264, height: 256, recipe: { writer: 'safelight', model: MODEL.id } });
    expect(details.recipe?.params).toMatchObject({ prompt: 'a lake 湖', seed: 7, steps: 3 });
    expect(Buffer.from(details.bytes).equals(await readFile(join(dir, `a.${format}`)))).toBe(true);
  });

  test('a picture that does not say how it was made, and one with damaged texts', async () => {
    const plain = await put('plain.png', undefined, await red.png().toBuffer());
    expect(await readDetails(plain, readHeader)).toMatchObject({ width: 3, height: 2, recipe: undefined });
    const bytes = await red
      .withExif({ IFD0: { ImageDescription: '{"params":' } })
      .jpeg()
      .toBuffer();
    expect((await readDetails(await put('odd.jpeg', undefined, bytes), readHeader)).recipe).toBeUndefined();
  });

  test('why a recipe is refused is said', async () => {
    const bytes = withPngText(await red.png().toBuffer(), { prompt: '{"1":{"class_type":"Odd","inputs":{}}}' });
    const details = await readDetails(await put('odd.png', undefined, bytes), readHeader);
    expect(details).toMatchObject({ recipe: undefined, refusal: expect.stringContaining('no sampler') });
  });

  test('what is no picture, and what is gone', async () => {
    const path = await put('a.png', undefined, 'no picture');
    await expect(readDetails(path, readHeader)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(readDetails(join(dir, 'gone.png'), readHeader)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe.runIf(process.platform === 'linux')('trashPicture', () => {
  // By the specification of freedesktop.org, as every file manager reads it.
  beforeEach(() => {
    vi.stubEnv('HOME', base);
    vi.stubEnv('XDG_DATA_HOME', undefined);
  });

  test('the picture is in the trash, with where it came from, and its neighbours are not', async () => {
    const path = await put('a [1] {b,c} *.png', undefined, 'the picture');
    await put('a 1 b.png');
    await trashPicture(path);
    expect(await readdir(dir)).toEqual(['a 1 b.png']);
    const trash = join(base, '.local/share/Trash');
    const [name] = await readdir(join(trash, 'files'));
    expect(await readFile(join(trash, 'files', name), 'utf8')).toBe('the picture');
    const info = await readFile(join(trash, 'info', `${name}.trashinfo`), 'utf8');
    expect(decodeURI(info)).toMatch(/^\[Trash Info\]\nPath=.*a \[1\] \{b,c\} \*\.png\nDeletionDate=\d{4}-/);
    expect(info).toContain(`Path=${encodeURI(path)}`);
  });

  test('what is gone', async () => {
    await expect(trashPicture(join(dir, 'gone.png'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe.runIf(process.platform === 'linux')('openPicture', () => {
  /** A system with these programs and none else. */
  async function stubPrograms(scripts: Record<string, string>): Promise<void> {
    const bin = join(base, 'bin');
    await mkdir(bin);
    for (const [name, script] of Object.entries(scripts)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    }
    vi.stubEnv('PATH', bin);
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'XDG_CURRENT_DESKTOP', 'DESKTOP_SESSION', 'BROWSER'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('HOME', base);
  }

  test('with the program that the system has', async () => {
    const path = await put('a picture.png');
    const seen = join(base, 'seen');
    await stubPrograms({ viewer: `printf %s "$1" > ${seen}` });
    vi.stubEnv('BROWSER', join(base, 'bin/viewer'));
    await openPicture(path);
    expect(await readFile(seen, 'utf8')).toBe(path);
  });

  test('without waiting for its end', async () => {
    const started = join(base, 'started');
    const tellGroup = `read -r _ _ _ _ group _ < /proc/$$/stat; echo $group > ${started}.part`;
    await stubPrograms({ viewer: `${tellGroup}; /bin/mv ${started}.part ${started}; exec /bin/sleep 600` });
    vi.stubEnv('BROWSER', join(base, 'bin/viewer'));
    await openPicture(await put('a.png'), 1);
    await vi.waitFor(() => stat(started), { timeout: 20_000 });
    process.kill(-Number(await readFile(started, 'utf8')), 'SIGKILL'); // throws if all of it had ended
  });

  test('nothing that opens pictures: an error in words with the path', async () => {
    const path = await put('a.png');
    await stubPrograms({});
    await expect(openPicture(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `no program here opens pictures; the file is ${path}`,
    });
  });
});
