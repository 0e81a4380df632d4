/** JSON whose whole numbers may be wider than JavaScript's: seeds of other programs have 64 bits (issue 17). */

/** The third argument of a reviver (ECMAScript proposal "JSON.parse source text access", in Node 22); TypeScript lacks it. */
interface ReviverContext {
  source?: string;
}

type Reviver = (key: string, value: unknown) => unknown;

/**
 * `JSON.parse`, but a whole number that would lose digits (beyond ±2^53) stays the text of its digits.
 * @param revive is applied to every value after that, as `JSON.parse` applies it
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseWideJson(text: string, revive: Reviver = (_, value) => value): unknown {
  const keepDigits = (key: string, value: unknown, context?: ReviverContext) =>
    revive(key, losesDigits(value) ? (context?.source ?? value) : value);
  return JSON.parse(text, keepDigits as Reviver);
}

function losesDigits(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}
