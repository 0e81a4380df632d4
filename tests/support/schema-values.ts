/** Values that a zod schema takes, made from the schema itself: a new field is drawn without a change here. */
import fc from 'fast-check';
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The same few, so that messages meet the jobs of others. */
export const JOB_IDS = Array.from({ length: 8 }, (_, i) => `6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3${i}`);
/** Longer ones are the mutations' business. */
const MAX_CHARS = 200;
const MAX_ITEMS = 4;

/** What a schema cannot tell of itself (refinements) is not obeyed: some values are refused all the same. */
export function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  return toArbitrary(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function toArbitrary(schema: JsonSchema): fc.Arbitrary<unknown> {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return fc.oneof(...options.map((option) => toArbitrary(option as JsonSchema)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return toRecord(schema);
    case 'array':
      return fc.array(toArbitrary((schema.items ?? {}) as JsonSchema), { maxLength: MAX_ITEMS });
    case 'string':
      return toText(schema);
    case 'integer':
      return toInteger(schema);
    case 'number':
      return toNumber(schema);
    case 'boolean':
      return fc.boolean();
    default:
      return fc.jsonValue();
  }
}

/** Few of the optional fields at once: each may be refused together with another, and a good value is to come through, too. */
function toRecord({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([key, field]) => {
    const values = toArbitrary(field as JsonSchema);
    return [key, required.includes(key) ? values : fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, values)];
  });
  const isThere = ([, value]: [string, unknown]) => value !== undefined;
  return fc.record(Object.fromEntries(fields)).map((all) => Object.fromEntries(Object.entries(all).filter(isThere)));
}

function toText({ pattern, format, minLength = 0, maxLength = MAX_CHARS }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...JOB_IDS) }, fc.uuid());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length >= minLength);
  return fc.string({ minLength, maxLength: Math.min(maxLength, MAX_CHARS), unit: 'grapheme' });
}

/** The ends of a range more often than its middle. */
function toInteger({ minimum = 0, maximum = 2 ** 31, multipleOf = 1 }: JsonSchema): fc.Arbitrary<number> {
  const min = Math.ceil(minimum / multipleOf);
  const max = Math.floor(maximum / multipleOf);
  const small = fc.integer({ min, max: Math.min(max, min + 2) });
  return fc.oneof(small, fc.maxSafeInteger().map(toRange(min, max))).map((value) => value * multipleOf);
}

function toRange(min: number, max: number): (value: number) => number {
  return (value) => (value < min || value > max ? min + (Math.abs(value) % (max - min + 1)) : value);
}

function toNumber({ minimum, exclusiveMinimum, maximum = 1e9 }: JsonSchema): fc.Arbitrary<number> {
  const minExcluded = typeof exclusiveMinimum === 'number';
  return fc.double({ min: minExcluded ? exclusiveMinimum : (minimum ?? 0), max: maximum, minExcluded, noNaN: true });
}
