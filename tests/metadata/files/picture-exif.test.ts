import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withJpegExif, withWebpExif } from '../../../src/metadata/files/picture-exif.js';
import { readPictureTexts } from '../../../src/metadata/files/picture-texts.js';

const size = { width: 30, height: 21 };
const red = sharp({ create: { ...size, channels: 3, background: 'red' } });
const bare = { jpeg: await red.clone().jpeg().toBuffer(), webp: await red.clone().webp().toBuffer() };

const mark = (format: 'jpeg' | 'webp', imageDescription: string, userComment: string) =>
  format === 'jpeg'
    ? withJpegExif(bare.jpeg, { imageDescription, userComment })
    : withWebpExif(bare.webp, size, { imageDescription, userComment });

async function textsOf(bytes: Uint8Array): Promise<Record<string, string>> {
  return readPictureTexts(bytes, (await sharp(bytes).metadata()).exif);
}

describe.each(['jpeg', 'webp'] as const)('EXIF of a %s', (format) => {
  test.each(['café 湖 🏠 Ā', 'a', ''])('no letter of %j is lost', async (words) => {
    expect(await textsOf(mark(format, '{"a":1}', words))).toEqual({ safelight: '{"a":1}', parameters: words });
    expect(await textsOf(mark(format, '{"a":12}', words))).toEqual({ safelight: '{"a":12}', parameters: words });
  });

  test('the comment is UTF-16 in big-endian order, which AUTOMATIC1111 reads', async () => {
    const { exif } = await sharp(mark(format, '{"a":1}', 'é湖')).metadata();
    expect(exif?.subarray(-12).toString('latin1')).toBe('UNICODE\0\0\xe9\x6e\x56');
  });

  test('the pixels stay as they are', async () => {
    const marked = mark(format, '{"a":1}', '湖');
    const { data, info } = await sharp(marked, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject(size);
    expect(data.equals(await sharp(bare[format]).raw().toBuffer())).toBe(true);
  });
});

describe('texts that are longer than the 64 KB of a JPEG', () => {
  const long = 'x'.repeat(40_000);

  test('the description stays, which tells everything', async () => {
    expect(await textsOf(mark('jpeg', '{"a":1}', long))).toEqual({ safelight: '{"a":1}' });
  });

  test('else the comment stays', async () => {
    expect(await textsOf(mark('jpeg', `{"a":"${long}${long}"}`, 'a lake'))).toEqual({ parameters: 'a lake' });
  });

  test('else the picture is left as it is', () => {
    expect(mark('jpeg', `{"a":"${long}${long}"}`, long)).toEqual(bare.jpeg);
  });

  test('a WebP holds them', async () => {
    expect(await textsOf(mark('webp', '{"a":1}', long))).toEqual({ safelight: '{"a":1}', parameters: long });
  });
});
