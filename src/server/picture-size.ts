/** Refuses a picture that is larger than this server makes, before it waits in the queue and fills the memory. */
import { toPasses } from '../engine/passes.js';
import type { ResolvedParams } from '../engine/request.js';
import { toRefusal } from '../protocol/errors.js';

/**
 * @param maxPixels of the finished picture, after its hires pass
 * @throws SafelightError INVALID_PARAMS with the largest size of the same shape
 */
export function checkPictureSize(params: ResolvedParams, sizeMultipleOf: number, maxPixels: number): void {
  const [{ width, height }] = toPasses(params, sizeMultipleOf).slice(-1);
  if (width * height <= maxPixels) return;
  const shrink = Math.sqrt(maxPixels / (width * height));
  const shrunk = (side: number) => Math.max(1, Math.floor((side * shrink) / sizeMultipleOf)) * sizeMultipleOf;
  const message = `${width}×${height} is larger than this server allows (${maxPixels} pixels); ${shrunk(width)}×${shrunk(height)} fits`;
  throw toRefusal([{ path: params.hiresScale === undefined ? 'width' : 'hiresScale', message }]);
}
