/** JSON as nobody should send it: values of a schema with one thing wrong, down to the bytes. */
import fc from 'fast-check';

/** Put in place of a value, or behind a new key; not all of them are JSON. */
const SNIPPETS = [
  ...['null', 'true', '""', '{}', '[]', '-0', '-1', '0.5', '1e308', '-1e308', '1e999', '5e-324', '9007199254740993'],
  ...['4294967296', '"0"', '"1e3"', '" "', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\u202e"', '"\\u001b[2J"'],
  ...['"__proto__"', '"constructor"', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{}}}'],
  ...['{"toJSON":1}', '{"then":1}', '{"length":1e9}', '"../../../etc/passwd"', '"%2e%2e%2f"', '"[object Object]"'],
  ...['NaN', 'Infinity', '-', '+1', '01', '.5', '1.', '0x10', "'a'", 'undefined', '{a:1}', '[1,]', '"\\x41"', '"\n"'],
  `"${'A'.repeat(60_000)}"`,
  `"${'🏞'.repeat(3000)}"`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  '['.repeat(30_000),
  `[${'0,'.repeat(10_000)}0]`,
  `1${'0'.repeat(20_000)}`,
  `{${Array.from({ length: 3000 }, (_, i) => `"k${i}":0`).join()}}`,
];
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'type',
  'jobId',
  'params',
  'model',
  '',
  '\ud800',
  'é',
];
/** Stands where a snippet is to stand, while the rest becomes text. */
const MARK = '\ue000';

interface Wrong {
  how: 'nothing' | 'replace' | 'add' | 'remove' | 'twice' | 'cut' | 'noise' | 'bytes';
  snippet: string;
  key: string;
  /** Chooses a place among those there are. */
  at: number;
  bytes: Uint8Array;
}

const wrongs: fc.Arbitrary<Wrong> = fc.record({
  how: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom('nothing', 'replace') },
    fc.constantFrom('add', 'remove', 'twice', 'cut', 'noise', 'bytes'),
  ),
  snippet: fc.oneof(fc.constantFrom(...SNIPPETS), fc.json()),
  key: fc.oneof(fc.constantFrom(...KEYS), fc.string()),
  at: fc.nat(1_000_000),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
});

/** @param values that would be taken as they are, or nearly */
export function hostileJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  return fc.tuple(values, wrongs).map(([value, wrong]) => spoil(value, wrong));
}

function spoil(value: unknown, { how, snippet, key, at, bytes }: Wrong): Buffer {
  const whole = structuredClone(value);
  const places = placesOf({ whole });
  const [holder, name] = places[at % places.length];
  if (how === 'replace') holder[name] = MARK;
  if (how === 'remove') delete holder[name];
  const inner = holder[name];
  if (how === 'add' && isObject(inner)) Object.defineProperty(inner, key, { value: MARK, enumerable: true });
  const text = (JSON.stringify(places[0][0].whole) ?? '').replace(`"${MARK}"`, () => snippet);
  const json = Buffer.from(how === 'twice' ? text.replace('{', () => `{"type":${snippet},`) : text);
  return how === 'cut' || how === 'noise' || how === 'bytes' ? spoilBytes(json, how, at, bytes) : json;
}

function spoilBytes(json: Buffer, how: 'cut' | 'noise' | 'bytes', at: number, bytes: Uint8Array): Buffer {
  const start = at % (json.length + 1);
  if (how === 'cut') return json.subarray(0, start);
  const end = how === 'noise' ? start : start + bytes.length;
  return Buffer.concat([json.subarray(0, start), bytes, json.subarray(end)]);
}

type Holder = Record<string, unknown>;

function isObject(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

/** Every value inside, by what holds it. */
function placesOf(holder: Holder): [Holder, string][] {
  return Object.keys(holder).flatMap((name): [Holder, string][] => {
    const inner = holder[name];
    return [[holder, name], ...(isObject(inner) ? placesOf(inner) : [])];
  });
}
