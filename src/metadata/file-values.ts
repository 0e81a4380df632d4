/** The values in another program's file, by name: each is taken once, in the form that a request has; those not taken are named. */
import { toSeed, WHOLE_NUMBER } from '../protocol/seed.js';

export interface FileValues {
  /** Each takes the first of these names that has a value. */
  text(...names: string[]): string | undefined;
  number(...names: string[]): number | undefined;
  /** `7`, `7.0`, `"7"`. */
  whole(...names: string[]): number | undefined;
  /** Of 64 bits → the 32 that choose the noise. */
  seed(...names: string[]): number | undefined;
  /** Nothing is said about these. */
  drop(...names: string[]): void;
  has(name: string): boolean;
  /** Names what is left, each in words; what says that something was not used is passed over. */
  nameRest(): void;
}

/** A value may be a workflow: it is named, not repeated. */
const MAX_VALUE_CHARS = 200;
/** 2^64 has 20; a megabyte of digits is no seed. */
const MAX_SEED_DIGITS = 40;
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** @param unknown gets what cannot be taken over, in words */
export function createFileValues(values: Iterable<[string, unknown]>, unknown: string[]): FileValues {
  const left = new Map([...values].filter(([, value]) => value !== undefined && value !== null));

  const name = (key: string, value: unknown) => unknown.push(`${key}: ${toWords(value)}`);

  function take<T>(names: string[], convert: (value: unknown) => T | undefined): T | undefined {
    const key = names.find((each) => left.has(each));
    if (key === undefined) return undefined;
    const value = left.get(key);
    left.delete(key);
    const converted = convert(value);
    if (converted === undefined && value !== '') name(key, value);
    return converted;
  }

  return {
    text: (...names) => take(names, (value) => (typeof value === 'string' ? value : undefined)),
    number: (...names) => take(names, toNumber),
    whole: (...names) => take(names, (value) => onlyWhole(toNumber(value))),
    seed(...names) {
      const key = names.find((each) => left.has(each));
      const isDrawn = key !== undefined && Number(left.get(key)) < 0;
      if (!isDrawn) return take(names, toNoiseSeed);
      unknown.push(`${key}: ${toWords(left.get(key))} stands for a random one, and the file does not say which`);
      left.delete(key);
      return undefined;
    },
    has: (key) => left.has(key),
    drop(...names) {
      for (const each of names) left.delete(each);
    },
    nameRest() {
      for (const [key, value] of left) if (!isOff(value)) name(key, value);
    },
  };
}

/** How deep lists of nothing lie in one another: `{"rasterLayers":[],…}`. */
const MAX_OFF_DEPTH = 3;

/** Empty, or a switch that is off, as JSON and as Python writes them. */
function isOff(value: unknown, depth = 0): boolean {
  if (typeof value === 'object' && value !== null)
    return depth < MAX_OFF_DEPTH && Object.values(value).every((each) => isOff(each, depth + 1));
  return (
    value === null || value === false || (typeof value === 'string' && /^(|none|null|false|\[\]|\{\})$/i.test(value))
  );
}

export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

/** Below 0 stands for a seed that was drawn and is not in the file. */
export function toNoiseSeed(value: unknown): number | undefined {
  const digits = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof digits === 'bigint') return digits < 0n ? undefined : toSeed(digits);
  const text = typeof digits === 'string' ? digits.trim() : '';
  const isSeed = text.length <= MAX_SEED_DIGITS && WHOLE_NUMBER.test(text) && !text.startsWith('-');
  return isSeed ? toSeed(text) : undefined;
}

function onlyWhole(value: number | undefined): number | undefined {
  return Number.isInteger(value) ? value : undefined;
}

function toWords(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length <= MAX_VALUE_CHARS ? text : `${text.slice(0, MAX_VALUE_CHARS)}…`;
}
