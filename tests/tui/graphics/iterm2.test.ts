import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toInlineImage } from '../../../src/tui/graphics/iterm2.js';
import { readInlineImage } from '../../support/picture-escapes.js';

test('the file arrives as it is, with its box in cells', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      const { keys, file } = readInlineImage(toInlineImage(bytes, { columns: 40, rows: 20 }));
      expect(file).toEqual(Buffer.from(bytes));
      expect(keys).toMatchObject({ inline: '1', width: '40', height: '20', preserveAspectRatio: '0' });
    }),
    { numRuns: 50 },
  );
});
