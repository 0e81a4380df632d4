import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readPictureTexts } from '../../../src/metadata/files/picture-texts.js';
import { withPngText } from '../../../src/metadata/files/write-png-text.js';

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

describe('tags of other writers', () => {
  const words = Buffer.from('a lake');

  test.each([
    ['BYTE, as Pillow writes bytes', { type: 1 }],
    ['ASCII', { type: 2 }],
    ['in the first directory, as Fooocus lets Pillow write it', { type: 2, isFirst: true }],
  ])('UserComment of type %s', (_, where) => {
    expect(readPictureTexts(Buffer.from('RIFF'), toExif(words, where))).toEqual({ parameters: 'a lake' });
  });

  test.each([
    [0x0110, 'prompt:{"3":{}}', { prompt: '{"3":{}}' }],
    [0x010f, 'Workflow: {"nodes":[]}', { workflow: '{"nodes":[]}' }],
    [0x010e, 'Prompt:{"3":{}}', { prompt: '{"3":{}}' }],
    [0x0131, 'Fooocus v2.4.0', { Software: 'Fooocus v2.4.0' }],
    [0x010f, 'a camera', {}],
    [0x010e, 'a lake', { parameters: 'a lake' }],
  ])('tag %i: %s', (tag, text, texts) => {
    const exif = toExif(Buffer.from(`${text}\0`), { type: 2, isFirst: true, tag });
    expect(readPictureTexts(Buffer.from('RIFF'), exif)).toEqual(texts);
  });

  test('the EXIF block of a PNG, whose own texts come first', async () => {
    const png = await red.clone().png().toBuffer();
    const exif = toExif(words, { type: 2 }).subarray(6);
    const chunk = Buffer.alloc(12 + exif.length);
    chunk.writeUInt32BE(exif.length, 0);
    chunk.write('eXIf', 4);
    exif.copy(chunk, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
    const marked = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    expect(readPictureTexts(marked, undefined)).toEqual({ parameters: 'a lake' });
    const both = withPngText(marked, { parameters: 'a hill' });
    expect(readPictureTexts(both, undefined)).toEqual({ parameters: 'a hill' });
  });
});

interface Where {
  type: number;
  isFirst?: boolean;
  tag?: number;
}

/** TIFF, little-endian: one entry in IFD0, which is the value or leads to the EXIF IFD that holds it. */
function toExif(value: Buffer, { type, isFirst = false, tag = 0x9286 }: Where = { type: 7 }): Buffer {
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
  if (isFirst) return Buffer.concat([header, ifd(tag, type, value.length, 26), value]);
  return Buffer.concat([header, ifd(0x8769, 4, 1, 26), ifd(tag, type, value.length, 44), value]);
}
