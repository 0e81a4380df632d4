/** Wide seeds keep their low 32 bits, from text, bigint and JSON. */
import { expect, test } from 'vitest';
import { SeedSchema, toSeed } from '../../src/protocol/seed.js';
import { parseWideJson } from '../../src/protocol/wide-json.js';

test.each([
  ['18446744073709551615', 4294967295],
  ['9007199254740993', 1],
  ['1102676403634909', 3679929053],
  ['4294967303', 7],
  ['-1', 4294967295],
  ['0', 0],
])('seed %s is %i', (wide, seed) => {
  expect(toSeed(wide)).toBe(seed);
  expect(toSeed(BigInt(wide))).toBe(seed);
});

test.each([
  ['18446744073709551615', 4294967295],
  ['9007199254740993', 1],
  ['4294967303', 7],
])('the parameter %s, as a number and as text', (wide, seed) => {
  for (const json of [wide, `"${wide}"`]) expect(SeedSchema.parse(parseWideJson(json))).toBe(seed);
});

test.each(['18446744073709551616', '-1', '1.5', '"7e3"', '"seven"', 'null', '""', 'true'])(
  '%s is not a seed',
  (json) => {
    expect(SeedSchema.safeParse(parseWideJson(json)).success).toBe(false);
  },
);

test('other values and the reviver are as with JSON.parse', () => {
  const json = '{"a":[1,2.5,1e300,"123456789012345678901"],"b":null}';
  expect(parseWideJson('{"n":1e21}')).toEqual({ n: '1e21' });
  expect(parseWideJson(json.replace('1e300', '3'))).toEqual(JSON.parse(json.replace('1e300', '3')));
  expect(parseWideJson('["a"]', (_, value) => (typeof value === 'string' ? value.toUpperCase() : value))).toEqual([
    'A',
  ]);
  expect(() => parseWideJson('{')).toThrow(SyntaxError);
});
