import { expect, it } from 'vitest';
import { createPreviewCache } from '../../src/server/preview-cache.js';
import type { PictureWish } from '../../src/server/preview-sender.js';

const wish: PictureWish = { maxWidth: 8, maxHeight: 8, format: 'rgb', maxPerSecond: 4 };
const picture = () => ({ width: 1, height: 1, pixels: new Uint8Array(3) });

it('encodes once for all who wish it alike, whatever their rate', async () => {
  const encoded: string[] = [];
  const cache = createPreviewCache(
    async ({ width, height }, { format }) => {
      encoded.push(format);
      return { width, height, bytes: new Uint8Array(3) };
    },
    { preview: (part) => void encoded.push(part) },
  );
  const [first, second] = [picture(), picture()];
  await Promise.all([cache(first, wish), cache(first, { ...wish, maxPerSecond: 1 }), cache(first, wish)]);
  expect(encoded).toEqual(['rgb', 'encode']);
  await cache(first, { ...wish, format: 'png' });
  await cache(first, { ...wish, maxWidth: 4 });
  await cache(second, wish);
  expect(encoded.filter((each) => each !== 'encode')).toEqual(['rgb', 'png', 'rgb', 'rgb']);
});
