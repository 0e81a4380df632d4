/**
 * AUTOMATIC1111's prompt syntax → runs of text with a weight: `(word)` ×1.1, `(word:1.3)` ×1.3, `[word]` ÷1.1, nested,
 * `\(` literal, `BREAK` begins a new chunk. Rules: the webui's wiki page "Features", section "Attention/emphasis".
 */

export interface WeightedText {
  text: string;
  weight: number;
}

const ROUND_FACTOR = 1.1;
const SQUARE_FACTOR = 1 / 1.1;

/** In this order: an escape, a weight that closes a bracket, a lone bracket, plain text, anything left over. */
const SYNTAX = /\\[()[\]\\]|:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)|[()[\]]|[^\\()[\]:]+|[\\:]/g;
const BREAK = /\s*\bBREAK\b\s*/;

/** One list of runs a chunk group: `BREAK` splits the prompt. A plain prompt is one run of weight 1, unchanged. */
export function parsePrompt(prompt: string): WeightedText[][] {
  const groups: WeightedText[][] = [[]];
  for (const run of parseWeights(prompt)) {
    const [first, ...rest] = run.text.split(BREAK);
    addRun(groups[groups.length - 1], first, run.weight);
    for (const text of rest) groups.push(text === '' ? [] : [{ text, weight: run.weight }]);
  }
  return groups;
}

interface OpenBracket {
  kind: '(' | '[';
  /** Runs from here on stand inside it. */
  start: number;
}

function parseWeights(prompt: string): WeightedText[] {
  const runs: WeightedText[] = [];
  const open: OpenBracket[] = [];
  const close = (kind: OpenBracket['kind'], factor: number): boolean => {
    const index = open.findLastIndex((bracket) => bracket.kind === kind);
    if (index === -1) return false;
    const [{ start }] = open.splice(index, 1);
    for (const run of runs.slice(start)) run.weight *= factor;
    return true;
  };
  for (const [piece] of prompt.matchAll(SYNTAX)) {
    if (piece === '(' || piece === '[') open.push({ kind: piece, start: runs.length });
    else if (piece === ')' && close('(', ROUND_FACTOR)) continue;
    else if (piece === ']' && close('[', SQUARE_FACTOR)) continue;
    else if (/^:.*\)$/s.test(piece) && close('(', Number.parseFloat(piece.slice(1)))) continue;
    else runs.push({ text: /^\\./s.test(piece) ? piece[1] : piece, weight: 1 });
  }
  // A bracket never closed still counts, as in the webui.
  for (const { kind, start } of open) {
    for (const run of runs.slice(start)) run.weight *= kind === '(' ? ROUND_FACTOR : SQUARE_FACTOR;
  }
  return mergeRuns(runs);
}

/** Neighbours of one weight are one text again, so that the tokenizer sees the words as they were typed. */
function mergeRuns(runs: WeightedText[]): WeightedText[] {
  const merged: WeightedText[] = [];
  for (const { text, weight } of runs) addRun(merged, text, weight);
  return merged;
}

function addRun(runs: WeightedText[], text: string, weight: number): void {
  if (text === '') return;
  const last = runs.at(-1);
  if (last !== undefined && last.weight === weight) last.text += text;
  else runs.push({ text, weight });
}
