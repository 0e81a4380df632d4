import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInputFile, readInputPicture } from '../../src/client/input-file.js';
import { PARAM_LIMITS } from '../../src/protocol/params.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safelight-input-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function put(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(join(dir, name), bytes);
  return join(dir, name);
}

/** The first box of a HEIF file: its brand, and those that it is compatible with. */
function heif(...brands: string[]): Buffer {
  const body = Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  return Buffer.concat([size, body, Buffer.from('\0\0\0\x08metaavif', 'latin1')]);
}

const square = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#c05028' } });

describe('a picture', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'in %s is read, whatever its name says',
    async (format) => {
      const bytes = await square().toFormat(format).toBuffer();
      const path = await put('a lake.txt', bytes);
      expect((await readInputPicture(path)).equals(bytes)).toBe(true);
      expect((await readInputPicture(`'${path}' `)).equals(bytes)).toBe(true);
    },
  );

  test('that only says somewhere in its brands that it is AVIF is read', async () => {
    await readInputPicture(await put('a.avif', heif('mif1', 'miaf', 'avif')));
  });

  test.each([[['heic', 'mif1', 'heic']], [['mif1', 'heic']], [['msf1', 'hevc']]])(
    'in HEIC (%j) is named',
    async (brands) => {
      const path = await put('IMG_1.HEIC', heif(...brands));
      await expect(readInputPicture(path)).rejects.toMatchObject({
        code: 'INVALID_PARAMS',
        message: `${path} is a HEIC picture, which cannot be read here; convert it to PNG or JPEG`,
      });
    },
  );
});

describe('what is no picture is said with its name', () => {
  test.each([
    ['hello, this is no picture', 'is text, which cannot'],
    ['x', 'is text, which cannot'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'is an SVG drawing, which cannot'],
    [heif('isom', 'mp42'), 'is a video, which cannot'],
    ['RIFF\x10\0\0\0WAVEfmt ', 'is not a picture that can'],
    ['%PDF-1.7', 'is a PDF document, which cannot'],
    ['BM\x10\0\0\0', 'is a BMP picture, which cannot'],
  ])('%j %s', async (bytes, words) => {
    const path = await put('x.png', bytes);
    await expect(readInputPicture(path)).rejects.toThrow(`${path} ${words} be read here; convert it to PNG or JPEG`);
  });

  test('nothing, a folder, an empty file', async () => {
    await mkdir(join(dir, 'folder.png'));
    await put('empty.png', '');
    await symlink(join(dir, 'gone'), join(dir, 'link.png'));
    for (const [name, words] of [
      ['gone.png', 'does not exist'],
      ['link.png', 'does not exist'],
      ['folder.png', 'is a folder, not a picture'],
      ['empty.png', 'is empty'],
      ['empty.png/x.png', 'does not exist: a part of its path is a file'],
      [`${'x'.repeat(300)}.png`, 'does not exist: its name is too long'],
    ]) {
      const path = join(dir, name);
      await expect(readInputPicture(path)).rejects.toMatchObject({
        code: 'INVALID_PARAMS',
        message: `${path} ${words}`,
      });
    }
  });

  test('the path is told as it was understood', async () => {
    await expect(readInputPicture(`file://${dir}/no%20such.png`)).rejects.toThrow(`${dir}/no such.png does not exist`);
  });

  test('one too large to be sent, before it is read', async () => {
    const path = await put('x.png', '\x89PNG\r\n\x1a\n');
    await truncate(path, 2 ** 40);
    await expect(readInputPicture(path)).rejects.toThrow(`${path} is too large: it may have 15 MB`);
  });

  test('the largest that may be sent is read', async () => {
    const bytes = Buffer.concat([await square().png().toBuffer(), Buffer.alloc(15 * 2 ** 20)]).subarray(
      0,
      15 * 2 ** 20,
    );
    const read = await readInputPicture(await put('x.png', bytes));
    expect(read.toString('base64')).toHaveLength(PARAM_LIMITS.imageChars);
  });

  test.runIf(process.platform !== 'win32')('a device that never ends', async () => {
    await expect(readInputPicture('/dev/zero')).rejects.toThrow('/dev/zero is not a file');
  });
});

test.runIf(process.platform !== 'win32')('a named pipe, as <(…) of a shell makes one, is read to its end', async () => {
  const bytes = await square().png().toBuffer();
  const file = await put('x.png', bytes);
  const pipe = join(dir, 'pipe');
  execFileSync('sh', ['-c', `mkfifo "${pipe}"`]);
  const reading = readInputPicture(pipe);
  spawn('sh', ['-c', `cat "${file}" > "${pipe}"`]);
  expect((await reading).equals(bytes)).toBe(true);
  const tooMuch = readInputFile(pipe, 10);
  spawn('sh', ['-c', `cat "${file}" > "${pipe}"`]);
  await expect(tooMuch).rejects.toThrow('is too large');
});
