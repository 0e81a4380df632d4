/** A seed that nobody chose. */
import { randomInt } from 'node:crypto';
import { SEED_COUNT } from '../protocol/seed.js';

export function randomSeed(): number {
  return randomInt(SEED_COUNT);
}
