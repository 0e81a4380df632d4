import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withPngText } from '../../../src/metadata/files/write-png-text.js';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

/** CRC-32 bit by bit, as the PNG specification's annex D defines it: not the code that is under test. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

interface Chunk {
  type: string;
  data: Buffer;
  isWhole: boolean;
}

function chunksOf(file: Uint8Array): Chunk[] {
  const bytes = Buffer.from(file);
  const chunks: Chunk[] = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    const isWhole = crcOf(bytes.subarray(at + 4, end)) === bytes.readUInt32BE(end);
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, end), isWhole });
    at = end + 4;
  }
  return chunks;
}

describe('text chunks', () => {
  test.each([
    ['a lake\nSteps: 25', 'tEXt'],
    ['', 'tEXt'],
    ['café', 'iTXt'], // valid Latin-1, and a reader that expects UTF-8 would stumble over it
    ['Ā', 'iTXt'], // U+0100, the first letter that Latin-1 has not
    ['ſ', 'iTXt'],
    ['你好 🎨', 'iTXt'],
  ])('%j is %s behind the header, and every checksum of the file is right', (words, type) => {
    const chunks = chunksOf(withPngText(png, { parameters: words, safelight: '{}' }));
    expect(chunks.slice(0, 3).map((chunk) => chunk.type)).toEqual(['IHDR', type, 'tEXt']);
    const value = type === 'tEXt' ? `parameters\0${words}` : `parameters\0\0\0\0\0${words}`;
    expect(chunks[1].data.toString('utf8')).toBe(value);
    expect(chunks.map(({ isWhole }) => isWhole)).not.toContain(false);
  });

  test('the pixels stay as they are', async () => {
    const marked = withPngText(png, { parameters: '你好' });
    const pixels = await sharp(marked, { failOn: 'warning' }).raw().toBuffer();
    expect(pixels.equals(await sharp(png).raw().toBuffer())).toBe(true);
  });
});
