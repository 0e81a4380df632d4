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

/** Other programs write 64 bits; more than that is a mistake, not a seed. */
const WIDE_SEED_COUNT = 2n ** 64n;
const SEED_DIGITS = /^\d{1,20}$/;
export const SEED_WORDS = `must be a whole number from 0 to ${WIDE_SEED_COUNT - 1n}`;

/** A seed as a parameter: a number or its digits, of up to 64 bits. @param words say what a seed must be  @returns 0 … SEED_COUNT - 1 */
export function createSeedSchema(words: string = SEED_WORDS) {
  const number = z.int(words).min(0, words);
  const digits = z.string(words).regex(SEED_DIGITS, words);
  return z.union([number, digits], words).transform((seed, context) => {
    if (BigInt(seed) < WIDE_SEED_COUNT) return toSeed(seed);
    context.addIssue({ code: 'custom', message: words });
    return z.NEVER;
  });
}
export const SeedSchema = createSeedSchema();

/** "Any seed", as AUTOMATIC1111 and its clients write it: understood by `POST /generate` and on the command line. */
export const RANDOM_SEED = -1;

export function isRandomSeed(seed: unknown): boolean {
  return seed === RANDOM_SEED || seed === String(RANDOM_SEED);
}
