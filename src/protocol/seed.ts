/** Seeds of any width → the 32 bits that choose the noise: torch's CPU generator takes a 64-bit seed mod 2^32 (issue 17). */
import { z } from 'zod';

/** How many seeds there are; a seed is 0 … SEED_COUNT - 1. */
export const SEED_COUNT = 2 ** 32;

/** Digits with an optional sign; no exponent, no fraction. */
export const WHOLE_NUMBER = /^[+-]?\d+$/;

/**
 * The low 32 bits of a whole number. Text and bigint keep every digit; a number above 2^53 has lost some before it arrives.
 * @param seed a whole number, as text that fits `WHOLE_NUMBER`, as a bigint or as a number
 */
export function toSeed(seed: string | bigint | number): number {
  return Number(BigInt.asUintN(32, BigInt(seed)));
}

/** A seed as JSON carries it: a number, or the digits of one that JavaScript's numbers cannot hold (`parseWideJson`). */
export const WideSeedSchema = z
  .union([z.int(), z.string().regex(WHOLE_NUMBER)], 'must be a whole number')
  .transform((seed) => toSeed(seed));
