/**
 * Prompt syntax of other programs that means nothing here, so that a person learns that it does nothing.
 * AUTOMATIC1111's grammar: modules/prompt_parser.py (`scheduled`, `alternate`, `re_AND`), modules/extra_networks.py (`re_extra_net`);
 * ComfyUI's: comfy/sd1_clip.py (`embedding_identifier`).
 */
import { toPrintable } from '../protocol/printable.js';
import type { ResolvedParams } from './request.js';

const FIELDS = {
  prompt: 'prompt',
  negativePrompt: 'negative prompt',
  branchPrompt: 'branch prompt',
  branchNegativePrompt: 'branch negative prompt',
} as const;

type Kind = 'prompt editing' | 'alternation' | 'composition' | 'an extra network' | 'an embedding by name';

export interface ForeignSyntax {
  kind: Kind;
  /** As it was typed. */
  text: string;
}

const MAX_QUOTED_CHARS = 60;
const ESCAPE = /\\./gs;
/** Nothing of any grammar: stands for what was read already, sign for sign, so that places stay. */
const PLAIN = '\ufffc';
/** lark's SIGNED_NUMBER. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const COMPOSITION = /(?<![\p{L}\p{N}_])AND(?![\p{L}\p{N}_])/gu;
const EXTRA_NETWORK = /<[a-z]\w*:[^<>]+>/gi;
const EMBEDDING = /(?<![\p{L}\p{N}_])embedding:[^\s,()[\]:]+/gu;

/** A sentence for each kind of syntax in each field, with the first place where it stands. */
export function notesOnPrompts(params: ResolvedParams): string[] {
  return (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((field) => {
    const byKind = Map.groupBy(findForeignSyntax(params[field] ?? ''), ({ kind }) => kind);
    return [...byKind].map(([kind, [first, ...others]]) => {
      const places = `"${shorten(first.text)}"${others.length === 0 ? ' is' : ` and ${others.length} more are`}`;
      return `The ${FIELDS[field]} has ${kind}, which is not supported: ${places} read as plain text.`;
    });
  });
}

/** By kind, each in the order of the prompt. Brackets that only weigh, as `[word]` and `(word:1.2)`, are no foreign syntax. */
export function findForeignSyntax(prompt: string): ForeignSyntax[] {
  const escaped = prompt.replace(ESCAPE, hide);
  const spans = (text: string, pattern: RegExp) =>
    Array.from(text.matchAll(pattern), ({ 0: { length }, index }): Span => [index, index + length]);
  // AUTOMATIC1111 takes these out before it reads the rest.
  const networks = spans(escaped, EXTRA_NETWORK);
  const rest = escaped.replace(EXTRA_NETWORK, hide);
  const brackets = findBrackets(rest);
  const toFound = (kind: Kind, found: Span[]) =>
    found.map(([start, end]) => ({ kind, text: prompt.slice(start, end) }));
  return [
    ...toFound('prompt editing', brackets.editing),
    ...toFound('alternation', brackets.alternation),
    ...toFound('composition', spans(rest, COMPOSITION)),
    ...toFound('an extra network', networks),
    ...toFound('an embedding by name', spans(rest, EMBEDDING)),
  ];
}

type Span = [start: number, end: number];

interface OpenBracket {
  start: number;
  closedBy: ')' | ']';
  colons: number[];
  bars: number;
}

/** `[from:to:when]`, `[to:when]`, `[from::when]`; `[one|other]`. Colons and bars count for the innermost bracket. */
function findBrackets(text: string): { editing: Span[]; alternation: Span[] } {
  const found = { editing: [] as Span[], alternation: [] as Span[] };
  const open: OpenBracket[] = [];
  for (const { 0: sign, index } of text.matchAll(/[()[\]:|]/g)) {
    if (sign === '(' || sign === '[')
      open.push({ start: index, closedBy: sign === '(' ? ')' : ']', colons: [], bars: 0 });
    else if (sign === ':') open.at(-1)?.colons.push(index);
    else if (sign === '|' && open.length > 0) open[open.length - 1].bars += 1;
    else {
      const at = open.findLastIndex(({ closedBy }) => closedBy === sign);
      if (at === -1) continue;
      const [{ start, colons, bars, closedBy }] = open.splice(at);
      const when = text.slice((colons.at(-1) ?? index) + 1, index);
      if (closedBy === ')') continue;
      if (bars > 0) found.alternation.push([start, index + 1]);
      else if (colons.length <= 2 && NUMBER.test(when)) found.editing.push([start, index + 1]);
    }
  }
  return found;
}

function hide(text: string): string {
  return PLAIN.repeat(text.length);
}

function shorten(text: string): string {
  const line = toPrintable(text).replace(/\s+/g, ' ');
  return line.length <= MAX_QUOTED_CHARS ? line : `${line.slice(0, MAX_QUOTED_CHARS - 1)}…`;
}
