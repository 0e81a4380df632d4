/**
 * How strongly each part of a prompt counts, while one types it: AUTOMATIC1111's `(word)`, `(word:1.3)`, `[word]`, `\(`, `BREAK`.
 * The rules are those of the engine's prompt-syntax.ts, which keeps no places; a test holds the two together.
 */

export interface WeightSpan {
  /** UTF-16 offsets. */
  start: number;
  end: number;
  weight: number;
  /** Brackets, weights, escapes and BREAK: they are read and not drawn. */
  isSyntax: boolean;
}

const ROUND_FACTOR = 1.1;
const SQUARE_FACTOR = 1 / 1.1;
/** In this order: an escape, a weight that closes a bracket, a lone bracket, plain text, anything left over. */
const SYNTAX = /\\[()[\]\\]|:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)|[()[\]]|[^\\()[\]:]+|[\\:]/g;
const BREAK = /\s*\bBREAK\b\s*/g;

/** Spans in order that cover the text: neighbours differ in weight or kind. */
export function toWeightSpans(text: string): WeightSpan[] {
  const marks = markBreaks(text, markWeights(text));
  const spans: WeightSpan[] = [];
  for (const [start, mark] of marks.entries()) {
    const last = spans.at(-1);
    if (last?.weight === mark.weight && last.isSyntax === mark.isSyntax) last.end = start + 1;
    else spans.push({ start, end: start + 1, ...mark });
  }
  return spans;
}

/** Of one UTF-16 unit. */
type Mark = Pick<WeightSpan, 'weight' | 'isSyntax'>;

interface OpenBracket {
  kind: '(' | '[';
  start: number;
}

function markWeights(text: string): Mark[] {
  const marks: Mark[] = Array.from({ length: text.length }, () => ({ weight: 1, isSyntax: false }));
  const open: OpenBracket[] = [];
  const markSyntax = (start: number, length: number) => {
    for (const mark of marks.slice(start, start + length)) mark.isSyntax = true;
  };
  const multiply = (factor: number, start: number, end: number) => {
    for (const mark of marks.slice(start, end)) mark.weight *= factor;
  };
  const close = (kind: OpenBracket['kind'], factor: number, at: number, length: number): void => {
    const index = open.findLastIndex((bracket) => bracket.kind === kind);
    if (index === -1) return; // nothing to close: it is text
    const [{ start }] = open.splice(index, 1);
    multiply(factor, start, at + length);
    markSyntax(at, length);
  };
  for (const { 0: piece, index } of text.matchAll(SYNTAX)) {
    if (piece === '(' || piece === '[') {
      open.push({ kind: piece, start: index });
      markSyntax(index, 1);
    } else if (piece === ')') close('(', ROUND_FACTOR, index, 1);
    else if (piece === ']') close('[', SQUARE_FACTOR, index, 1);
    else if (/^:.*\)$/s.test(piece)) close('(', Number.parseFloat(piece.slice(1)), index, piece.length);
    else if (/^\\./s.test(piece)) markSyntax(index, 1);
  }
  // Never closed, and counts all the same.
  for (const { kind, start } of open) multiply(kind === '(' ? ROUND_FACTOR : SQUARE_FACTOR, start, text.length);
  return marks;
}

/** The word is looked for in what is left without the syntax, as far as one weight goes. */
function markBreaks(text: string, marks: Mark[]): Mark[] {
  const drawn = [...marks.keys()].filter((at) => !marks[at].isSyntax);
  for (let from = 0; from < drawn.length; ) {
    const { weight } = marks[drawn[from]];
    let to = from;
    while (to < drawn.length && marks[drawn[to]].weight === weight) to++;
    const run = drawn
      .slice(from, to)
      .map((at) => text[at])
      .join('');
    for (const { 0: found, index } of run.matchAll(BREAK)) {
      for (const at of drawn.slice(from + index, from + index + found.length)) marks[at].isSyntax = true;
    }
    from = to;
  }
  return marks;
}
