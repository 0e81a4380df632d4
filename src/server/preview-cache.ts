/** Encodes each preview once for all watchers that wish it alike: five hundred of them cost as much as one. */
import type { RgbImage } from '../engine/events.js';
import type { Metrics } from './metrics.js';
import type { PictureWish, PreviewEncoder } from './preview-sender.js';

/** @param encode a plain encoder  @returns the same, which goes with the pictures that it was asked for */
export function createPreviewCache(encode: PreviewEncoder, metrics: Pick<Metrics, 'preview'>): PreviewEncoder {
  const cache = new WeakMap<RgbImage, Map<string, ReturnType<PreviewEncoder>>>();

  async function encodeMeasured(picture: RgbImage, wish: PictureWish): ReturnType<PreviewEncoder> {
    const startedAtMs = performance.now();
    const encoded = await encode(picture, wish);
    metrics.preview('encode', performance.now() - startedAtMs);
    return encoded;
  }

  return (picture, wish) => {
    const ofPicture = cache.get(picture) ?? new Map<string, ReturnType<PreviewEncoder>>();
    cache.set(picture, ofPicture);
    const key = `${wish.format} ${wish.maxWidth}×${wish.maxHeight}`;
    const encoded = ofPicture.get(key) ?? encodeMeasured(picture, wish);
    ofPicture.set(key, encoded);
    return encoded;
  };
}
