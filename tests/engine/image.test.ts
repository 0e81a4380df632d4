import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { encodePicture, encodePreview, openPicture, toLevels, toRgb } from '../../src/engine/image.js';
import type { ResolvedParams } from '../../src/engine/request.js';
import type { ModelSummary } from '../../src/protocol/messages.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

const size = { width: 64, height: 32 };
const red = {
  create: { width: 100, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
} as const;
const whole = await sharp(red).png().toBuffer();
const open = (bytes: Buffer) => openPicture(bytes.toString('base64'), 'initImage');
const decode = async (bytes: Buffer) => toRgb(await open(bytes), size);
const given = (name: string) => readFile(join(import.meta.dirname, '../support/pictures', name));
const model: ModelSummary = { id: 'm', name: 'm', sizeMultipleOf: 8, guidanceScale: 7.5, steps: 25, img2img: true };

const withExif = await sharp(red)
  .withExif({ IFD0: { Artist: 'nobody' } })
  .jpeg()
  .toBuffer();

function backwardsFrom(start: number, bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(bytes.subarray(start)).reverse()]);
}

/** The red picture, whose header says another size. */
function claiming(width: number, height: number): Buffer {
  const png = Buffer.from(whole);
  const header = { start: 12, end: 29 }; // the chunk's type and data; its checksum follows
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(header.start, header.end)), header.end);
  return png;
}

describe('input pictures', () => {
  test.each(['png', 'webp', 'jpeg', 'gif', 'tiff'] as const)(
    '%s, at any size, with alpha or without',
    async (format) => {
      const picture = await decode(await sharp(red).toFormat(format).toBuffer());
      expect([picture.width, picture.height, picture.pixels.length]).toEqual([64, 32, 64 * 32 * 3]);
    },
  );

  test('grey pictures become RGB', async () => {
    const picture = await decode(await sharp(red).greyscale().png().toBuffer());
    expect(picture.pixels).toHaveLength(64 * 32 * 3);
  });

  const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\0', 'latin1');
  test.each([
    ['nothing', Buffer.alloc(0), /^initImage: is empty$/],
    [
      'a text',
      Buffer.from('hello, Häuschen\n'),
      /^initImage: is text, which cannot be read here; convert it to PNG or JPEG$/,
    ],
    ['an iPhone’s picture', heic, /^initImage: is a HEIC picture, which cannot be read here; convert/],
    ['a BMP', Buffer.from('BM\x9a\0\0\0\0\0\0\0', 'latin1'), /^initImage: is a BMP picture, /],
    [
      'bytes of no kind',
      Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]),
      /^initImage: is not a picture that can be read here; convert/,
    ],
    ['a picture cut short', whole.subarray(0, 60), /^initImage: is damaged or cut short$/],
    ['a JPEG cut short', withExif.subarray(0, withExif.length - 40), /^initImage: is damaged or cut short$/],
    ['a picture that goes on backwards', backwardsFrom(40, whole), /^initImage: is damaged or cut short$/],
    ['a picture whose EXIF is nonsense', backwardsFrom(30, withExif), /^initImage: is damaged or cut short$/],
  ])('%s is refused in words', async (_, bytes, words) => {
    await expect(decode(bytes)).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringMatching(words),
      issues: [{ path: 'initImage' }],
    });
  });

  test('EXIF orientation turns the picture', async () => {
    const upright = await sharp(await given('plain.png'))
      .rotate(90)
      .raw()
      .toBuffer();
    const turned = await toRgb(await open(await given('rot6.jpg')), { width: 256, height: 256 });
    expect(meanDifference(turned.pixels, upright)).toBeLessThan(2);
  });

  test('CMYK without a profile has the colours that PIL and browsers make of it', async () => {
    const plain = await sharp(await given('plain.png'))
      .raw()
      .toBuffer();
    const file = await open(await given('cmyk.jpg'));
    const picture = await toRgb(file, { width: 256, height: 256 });
    expect(meanDifference(picture.pixels, plain)).toBeLessThan(1);
    const { channels, levels } = await toLevels(file);
    expect(channels).toBe(3);
    expect(meanDifference(levels, plain)).toBeLessThan(1);
  });

  test('levels of 16 bits are kept', async () => {
    const deep = { raw: { width: 3, height: 1, channels: 1 as const } };
    const png = await sharp(Uint16Array.of(0, 1, 65_535), deep)
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const { channels, levels } = await toLevels(await open(png));
    expect([...levels].filter((_, i) => i % channels === 0)).toEqual([0, 1, 65_535]);
  });

  test('a file that claims a gigantic picture is refused before it is unpacked', async () => {
    expect((await decode(claiming(100, 100))).width).toBe(64);
    await expect(decode(claiming(50_000, 50_000))).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: 'initImage: has more than 64 million pixels; make it smaller',
    });
  });

  test('a drawing is refused: its filters would run for as long as they like', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>';
    await expect(decode(Buffer.from(svg))).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringMatching(/is an SVG drawing/),
    });
  });
});

function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

describe('previews', () => {
  const picture = { width: 64, height: 32, pixels: new Uint8Array(64 * 32 * 3).fill(120) };

  test('fit into the box, keep their shape, are never enlarged', async () => {
    const wish = { maxWidth: 20, maxHeight: 20, format: 'rgb' } as const;
    expect(await encodePreview(picture, wish)).toMatchObject({ width: 20, height: 10 });
    expect(await encodePreview(picture, { ...wish, maxWidth: 500, maxHeight: 500 })).toMatchObject({
      width: 64,
      height: 32,
    });
  });

  test.each(['jpeg', 'png', 'webp'] as const)('%s', async (format) => {
    const { bytes } = await encodePreview(picture, { maxWidth: 20, maxHeight: 20, format });
    expect((await sharp(bytes).metadata()).format).toBe(format);
  });

  test('as png keep every colour', async () => {
    const colourful = { width: 64, height: 32, pixels: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => i * 37) };
    const { bytes } = await encodePreview(colourful, { maxWidth: 64, maxHeight: 64, format: 'png' });
    expect(await sharp(bytes).raw().toBuffer()).toEqual(Buffer.from(colourful.pixels));
  });
});

test.each(['webp', 'jpeg'] as const)('a %s carries its parameters in EXIF', async (format) => {
  const asked = GenerationParamsSchema.parse({ prompt: 'a lake', format });
  const params: ResolvedParams = { ...asked, guidanceScale: 7.5, seed: 4 };
  const bytes = await encodePicture({ width: 8, height: 8, pixels: new Uint8Array(192) }, params, model);
  const { exif } = await sharp(bytes).metadata();
  expect(exif?.includes(Buffer.from('Steps: 25', 'utf16le').swap16())).toBe(true);
  expect(String(exif)).toContain('"seed":4');
});
