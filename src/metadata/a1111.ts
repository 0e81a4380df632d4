/** The reader of AUTOMATIC1111's text about a picture: prompts, and a line of `Key: value` pairs (modules/infotext_utils.py). */

export interface A1111Parameters {
  prompt: string;
  negativePrompt: string;
  /** In the text's order. */
  pairs: Map<string, string>;
}

const NEGATIVE = 'Negative prompt:';
const SETTINGS = /^\s*Steps:\s*\d/;
/** Fewer are words of a prompt that happen to look like one. */
const MIN_PAIRS = 3;
/** Longer texts and lines are no picture's: they would keep the reader busy. */
const MAX_CHARS = 1_000_000;
const MAX_PAIRS = 500;
const MAX_JSON_CHARS = 100_000;
/** Bounded, for a line may be as long as a file and is tried at every comma. */
const KEY = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ /-]{0,99}):\s*/uy;

/** @returns undefined when no line of the text has the settings of a picture */
export function parseA1111Parameters(text: string): A1111Parameters | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const lines = text.trim().split(/\r?\n/);
  const at = findSettings(lines);
  const pairs = new Map(lines.slice(at).flatMap(toPairs));
  return pairs.size < MIN_PAIRS ? undefined : { ...toPrompts(lines.slice(0, at)), pairs };
}

/** Extensions may write lines of their own behind the settings. */
function findSettings(lines: string[]): number {
  const at = lines.findLastIndex((line) => SETTINGS.test(line));
  return at !== -1 && toPairs(lines[at]).length >= MIN_PAIRS ? at : lines.length - 1;
}

/** Every line from the first that begins with `Negative prompt:` is negative, each without those words. */
function toPrompts(lines: string[]): { prompt: string; negativePrompt: string } {
  const isNegative = (line: string) => line.trimStart().startsWith(NEGATIVE);
  const first = lines.findIndex(isNegative);
  const at = first === -1 ? lines.length : first;
  const negative = lines.slice(at).map((line) => (isNegative(line) ? line.trim().slice(NEGATIVE.length).trim() : line));
  return { prompt: lines.slice(0, at).join('\n').trim(), negativePrompt: negative.join('\n').trim() };
}

/** What stands between two commas and is no pair is passed over, as AUTOMATIC1111's reader does. */
function toPairs(line: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < line.length && pairs.length < MAX_PAIRS; ) {
    KEY.lastIndex = at;
    const key = KEY.exec(line);
    const start = key === null ? at : KEY.lastIndex;
    const end = key === null ? nextComma(line, at) : endOfValue(line, start);
    if (key !== null) pairs.push([key[1], unquote(line.slice(start, end).trim())]);
    at = end + 1;
  }
  return pairs;
}

/** A JSON value (`"…"`, `{…}`, `[…]`) is one value with its commas, when a comma or the line's end follows it. */
function endOfValue(line: string, start: number): number {
  const end = '"{['.includes(line.charAt(start)) ? endOfJson(line, start) : undefined;
  const rest = end === undefined ? undefined : /\s*(?:,|$)/y;
  if (rest === undefined || end === undefined) return nextComma(line, start);
  rest.lastIndex = end;
  return rest.test(line) ? nextComma(line, end) : nextComma(line, start);
}

/** @returns where the brackets and quotes that open at `start` are closed; undefined when they never are */
function endOfJson(line: string, start: number): number | undefined {
  let depth = 0;
  let isQuoted = false;
  const limit = Math.min(line.length, start + MAX_JSON_CHARS);
  for (let at = start; at < limit; at++) {
    const char = line[at];
    if (isQuoted && char === '\\') at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && '{['.includes(char)) depth++;
    else if (!isQuoted && '}]'.includes(char)) depth--;
    if (!isQuoted && depth <= 0) return at + 1;
  }
  return undefined;
}

function nextComma(line: string, from: number): number {
  const at = line.indexOf(',', from);
  return at === -1 ? line.length : at;
}

/** A value that holds a separator is written as a JSON string. */
function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
