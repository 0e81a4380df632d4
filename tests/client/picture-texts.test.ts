import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readPictureTexts } from '../../src/client/picture-texts.js';
import { withPngText } from '../../src/engine/png-text.js';

const red = sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } });

test('of a PNG', async () => {
  const png = withPngText(await red.clone().png().toBuffer(), { parameters: 'a lake' });
  expect(readPictureTexts(png, undefined)).toEqual({ parameters: 'a lake' });
});

test.each(['webp', 'jpeg'] as const)('of a %s', async (format) => {
  const exif = { IFD0: { ImageDescription: '{}' }, IFD2: { UserComment: 'a lake' } };
  const bytes = await red.clone().withExif(exif).toFormat(format).toBuffer();
  const block = (await sharp(bytes).metadata()).exif;
  expect(readPictureTexts(bytes, block)).toEqual({ safelight: '{}', parameters: 'a lake' });
});

test('as AUTOMATIC1111 writes it: UTF-16 of either order', () => {
  for (const swap of [false, true]) {
    const text = Buffer.from('hé你', 'utf16le');
    const value = Buffer.concat([Buffer.from('UNICODE\0'), swap ? text.swap16() : text]);
    expect(readPictureTexts(Buffer.from('RIFF'), toExif(value))).toEqual({ parameters: 'hé你' });
  }
});

test('without any', () => {
  expect(readPictureTexts(Buffer.from('RIFF'), undefined)).toEqual({});
});

/** TIFF, little-endian: one entry in IFD0 that leads to the EXIF IFD, which holds a UserComment. */
function toExif(comment: Buffer): Buffer {
  const ifd = (tag: number, type: number, count: number, value: number) => {
    const bytes = Buffer.alloc(18);
    bytes.writeUInt16LE(1, 0);
    bytes.writeUInt16LE(tag, 2);
    bytes.writeUInt16LE(type, 4);
    bytes.writeUInt32LE(count, 6);
    bytes.writeUInt32LE(value, 10);
    return bytes;
  };
  const header = Buffer.from('Exif\0\0II*\0\x08\0\0\0', 'latin1');
  const [ifd0, exifIfd] = [ifd(0x8769, 4, 1, 26), ifd(0x9286, 7, comment.length, 44)];
  return Buffer.concat([header, ifd0, exifIfd, comment]);
}
