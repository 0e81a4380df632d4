/** JSON as Python and other programs write it: NaN and Infinity are null, wide whole numbers stay text. */
import { parseWideJson } from '../protocol/wide-json.js';

/** @returns undefined when it is no JSON */
export function parseLooseJson(text: string): unknown {
  try {
    return parseWideJson(text);
  } catch {
    return /NaN|Infinity/.test(text) ? parseWithoutOddNumbers(text) : undefined;
  }
}

function parseWithoutOddNumbers(text: string): unknown {
  try {
    return parseWideJson(withoutOddNumbers(text));
  } catch {
    return undefined;
  }
}

/** Outside of strings; one pass, for the text may be megabytes of anything. @throws SyntaxError when a string has no end */
function withoutOddNumbers(text: string): string {
  const token = /"|\bNaN\b|-?\bInfinity\b/g;
  const string = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
  const parts: string[] = [];
  let at = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const isString = found[0] === '"';
    string.lastIndex = found.index;
    if (isString && !string.test(text)) throw new SyntaxError('a string has no end');
    const end = isString ? string.lastIndex : token.lastIndex;
    parts.push(text.slice(at, found.index), isString ? text.slice(found.index, end) : 'null');
    token.lastIndex = end;
    at = end;
  }
  return parts.join('') + text.slice(at);
}

/** @returns undefined when it is no JSON object */
export function parseLooseObject(text: string | undefined): Record<string, unknown> | undefined {
  const value = text?.trimStart().startsWith('{') ? parseLooseJson(text.replace(/\0+$/, '')) : undefined;
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
