/** A seed that nobody chose. */
import { randomInt } from 'node:crypto';
import { PARAM_LIMITS } from '../protocol/params.js';

export function randomSeed(): number {
  return randomInt(PARAM_LIMITS.seed.max + 1);
}
