/** The noise a picture starts from: its seed's own, or that of its seed leaning towards a variation seed. */
import { SEED_COUNT } from '../protocol/seed.js';
import { createTorchGenerator } from './random.js';
import type { ResolvedParams } from './request.js';
import { slerp } from './slerp.js';

/** @param image counts from 0: each picture of the job leans towards another seed  @param randn the picture's own generator */
export function createFirstNoise(
  { variationSeed, variationStrength }: ResolvedParams,
  image: number,
  randn: (count: number) => Float32Array,
): (count: number) => Float32Array {
  if (variationSeed === undefined || variationStrength === undefined) return randn;
  const other = createTorchGenerator((variationSeed + image) % SEED_COUNT);
  return (count) => slerp(randn(count), other.randn(count), variationStrength);
}
