import sharp from 'sharp';
import { expect, test } from 'vitest';
import { kindOfFile } from '../../../src/metadata/files/picture-kinds.js';

const box = (brands: string) =>
  Buffer.concat([Buffer.from([0, 0, 0, 8 + brands.length]), Buffer.from(`ftyp${brands}`, 'latin1')]);
const pixel = sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } });

test.each([
  ['a HEIC picture', box('heic\0\0\0\0mif1heic')],
  ['a HEIC picture', box('mif1\0\0\0\0mif1heix')],
  ['a video', box('isom\0\0\0\0isomavc1')],
  ['a Photoshop file', Buffer.from('8BPS\0\x01\0\0')],
  ['a GIMP file', Buffer.from('gimp xcf v011\0')],
  ['a JPEG XL picture', Buffer.from([0xff, 0x0a, 0xfa, 0x7f])],
  ['an SVG drawing', Buffer.from('<?xml version="1.0"?>\n<svg xmlns="…"/>')],
  ['a PDF document', Buffer.from('%PDF-1.7\n')],
  ['text', Buffer.from('BM is how a text may begin')],
  ['text', Buffer.from('湖のそば')],
])('%s', (kind, bytes) => {
  expect(kindOfFile(bytes)).toBe(kind);
});

test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)('%s is none of them', async (format) => {
  expect(kindOfFile(await pixel.clone().toFormat(format).toBuffer())).toBeUndefined();
});
