import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readPngText, readPngTexts } from '../../../src/metadata/files/read-png-text.js';
import { withPngText } from '../../../src/metadata/files/write-png-text.js';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

function toChunk(type: string, data: Buffer, crc?: number): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc ?? crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** The picture with chunks of our own making between its header and its pixels. */
function withChunks(...chunks: Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}

const text = (keyword: string, words: string | Buffer) =>
  toChunk('tEXt', Buffer.concat([Buffer.from(`${keyword}\0`, 'latin1'), Buffer.from(words)]));
const packed = (keyword: string, words: string | Buffer, method = 0) =>
  toChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0`), Buffer.from([method]), deflateSync(Buffer.from(words))]));
const international = (keyword: string, isPacked: boolean, bytes: Buffer) =>
  toChunk(
    'iTXt',
    Buffer.concat([
      Buffer.from(`${keyword}\0`),
      Buffer.from([Number(isPacked), 0]),
      Buffer.from('de\0Wörter\0'),
      bytes,
    ]),
  );

describe('PNG texts', () => {
  test('come back as they were written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (parameters, safelight) => {
        const usable = { parameters: parameters.replaceAll('\0', ' ').toWellFormed(), safelight };
        expect(readPngText(withPngText(png, usable))).toEqual(usable);
      }),
    );
  });

  test.each([
    ['UTF-8 in tEXt, against the specification', text('parameters', 'Häuschen 湖'), 'Häuschen 湖'],
    ['Latin-1 in tEXt', text('parameters', Buffer.from('café', 'latin1')), 'café'],
    ['zTXt', packed('parameters', 'a lake'), 'a lake'],
    ['zTXt of UTF-8', packed('parameters', '湖'), '湖'],
    ['iTXt with a language and a translated keyword', international('parameters', false, Buffer.from('湖')), '湖'],
    ['packed iTXt', international('parameters', true, deflateSync(Buffer.from('湖'))), '湖'],
  ])('%s', (_, chunk, words) => {
    expect(readPngText(withChunks(chunk))).toEqual({ parameters: words });
  });

  test('the EXIF block is given as it is', () => {
    expect(readPngTexts(withChunks(toChunk('eXIf', Buffer.from('MM\0*')))).exif?.toString()).toBe('MM\0*');
  });
});

describe('damaged files', () => {
  test.each([
    ['a wrong checksum', toChunk('tEXt', Buffer.from('bad\0x'), 7)],
    ['text that is not packed', toChunk('zTXt', Buffer.from('bad\0\0no zlib'))],
    ['an unknown method', packed('bad', 'x', 1)],
    ['no keyword', toChunk('tEXt', Buffer.from('no end'))],
    ['an iTXt that ends early', toChunk('iTXt', Buffer.from('bad\0\0\0de'))],
    ['an empty zTXt', toChunk('zTXt', Buffer.alloc(0))],
  ])('%s hides no other text', (_, chunk) => {
    expect(readPngText(withChunks(text('a', '1'), chunk, text('b', '2')))).toEqual({ a: '1', b: '2' });
  });

  test('what stands before a cut is read', () => {
    const whole = withChunks(text('a', '1'), text('b', 'x'.repeat(100)));
    expect(readPngText(whole.subarray(0, 90))).toEqual({ a: '1' });
  });

  test('a chunk that claims the rest of the world ends the reading', () => {
    const endless = text('b', '2');
    endless.writeUInt32BE(0xffff_ffff, 0);
    expect(readPngText(withChunks(text('a', '1'), endless))).toEqual({ a: '1' });
  });

  test('texts that unpack to more than fits are passed over', () => {
    const bomb = deflateSync(Buffer.alloc(40 * 1024 * 1024, 'x'));
    const almost = deflateSync(Buffer.alloc(20 * 1024 * 1024, 'x'));
    const zTXt = (keyword: string, bytes: Buffer) =>
      toChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), bytes]));
    const all = withChunks(zTXt('bomb', bomb), zTXt('b', almost), zTXt('c', almost), text('a', '1'));
    expect(Object.keys(readPngText(all))).toEqual(['b', 'a']);
  });

  test('anything at all is read without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, at) => {
        const file = Buffer.concat([png.subarray(0, at), bytes]);
        expect(readPngTexts(file).texts).toBeTypeOf('object');
      }),
    );
  });
});
