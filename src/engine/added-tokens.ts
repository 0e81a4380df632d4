/** Finds a tokenizer's added tokens in a text, as the Rust library `tokenizers` does it: each occurrence is one id. */

/** A token that is looked for in the text itself, before byte-pair encoding: a mark, a padding token, a textual inversion. */
export interface AddedToken {
  content: string;
  id: number;
  /** Found in the normalized text (lower case), or in the text as it was typed? */
  normalized: boolean;
  /** Takes the white space before or behind it along. */
  lstrip: boolean;
  rstrip: boolean;
  /** Only where no letter, digit or underscore touches it. */
  singleWord: boolean;
}

/** Plain text, or the id of an added token. */
export type TextPart = string | number;

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]';
const WORD_AT_END = new RegExp(`${WORD}$`, 'u');
const WORD_AT_START = new RegExp(`^${WORD}`, 'u');
const SPACE_AT_END = /\p{White_Space}+$/u;
const SPACE_AT_START = /^\p{White_Space}+/u;

/**
 * @param normalize what happens to plain text before it is encoded
 * @returns splits a text into normalized plain text and added tokens
 */
export function createSplitter(
  tokens: readonly AddedToken[],
  normalize: (text: string) => string,
): (text: string) => TextPart[] {
  const splitTyped = splitBy(tokens.filter((token) => !token.normalized));
  const splitNormalized = splitBy(
    tokens.filter((token) => token.normalized).map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text) =>
    splitTyped(text).flatMap((part) => (typeof part === 'number' ? [part] : splitNormalized(normalize(part))));
}

/** Leftmost first, of those the longest. */
function splitBy(tokens: readonly AddedToken[]): (text: string) => TextPart[] {
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  byContent.delete('');
  if (byContent.size === 0) return (text) => [text];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeRegExp).join('|'), 'gu');
  return (text) => {
    const parts: TextPart[] = [];
    let end = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content);
      const before = text.slice(end, index);
      const behind = text.slice(index + content.length);
      if (token === undefined || (token.singleWord && isInsideWord(text.slice(0, index), behind))) continue;
      parts.push(token.lstrip ? before.replace(SPACE_AT_END, '') : before, token.id);
      end = text.length - (token.rstrip ? behind.replace(SPACE_AT_START, '') : behind).length;
    }
    parts.push(text.slice(end));
    return parts.filter((part) => part !== '');
  };
}

function isInsideWord(before: string, behind: string): boolean {
  return WORD_AT_END.test(before) || WORD_AT_START.test(behind);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
