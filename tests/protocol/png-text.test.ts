import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withPngText } from '../../src/engine/png-text.js';
import { readPngText } from '../../src/protocol/png-text.js';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

describe('PNG text', () => {
  test.each([
    ['ASCII', 'a lake\nSteps: 25, Seed: 1'],
    ['Latin-1', 'café'],
    ['any script', '你好 🎨'],
    ['nothing', ''],
  ])('%s comes back as it was written', (_, text) => {
    expect(readPngText(withPngText(png, { parameters: text, safelight: '{}' }))).toEqual({
      parameters: text,
      safelight: '{}',
    });
  });

  test('a strict decoder still takes the file, checksums and all, and sees the same pixels', async () => {
    const marked = withPngText(png, { parameters: '你好' });
    const pixels = await sharp(marked, { failOn: 'warning' }).raw().toBuffer();
    expect(pixels.equals(await sharp(png).raw().toBuffer())).toBe(true);
  });

  test('a file cut short is refused', () => {
    const marked = withPngText(png, { parameters: 'x'.repeat(100) });
    expect(() => readPngText(marked.subarray(0, 90))).toThrow(/cut short/);
  });
});
