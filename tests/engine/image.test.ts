import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeBase64Image, encodePicture, encodePreview } from '../../src/engine/image.js';
import type { ResolvedParams } from '../../src/engine/request.js';
import type { ModelSummary } from '../../src/protocol/messages.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

const size = { width: 64, height: 32 };
const red = {
  create: { width: 100, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
} as const;
const whole = await sharp(red).png().toBuffer();
const decode = (bytes: Buffer) => decodeBase64Image(bytes.toString('base64'), size, 'initImage');
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

  test.each([
    ['no picture', Buffer.from('hello')],
    ['a picture cut short', whole.subarray(0, 60)],
    ['a picture that goes on backwards', backwardsFrom(40, whole)],
    ['a picture whose EXIF is nonsense', backwardsFrom(30, withExif)],
  ])('%s is refused', async (_, bytes) => {
    await expect(decode(bytes)).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringMatching(/^initImage/),
    });
  });

  test('a file that claims a gigantic picture is refused before it is unpacked', async () => {
    expect((await decode(claiming(100, 100))).width).toBe(64);
    await expect(decode(claiming(50_000, 50_000))).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringMatching(/pixel limit/),
    });
  });

  test('a drawing is refused: its filters would run for as long as they like', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>';
    await expect(decode(Buffer.from(svg))).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  });
});

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
