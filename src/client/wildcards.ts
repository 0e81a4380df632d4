/** Prompts with choices: `{a|b}` becomes one of its options and `__list__` a line of a list, drawn from the job's seed. */
import { createHash } from 'node:crypto';
import { SafelightError } from '../protocol/errors.js';

export interface Wildcards {
  /** From 0 up to, but not, 1. */
  random(): number;
  /** The lines of a list. @throws SafelightError INVALID_PARAMS when there is none of this name */
  readList(name: string): Promise<string[]>;
}

/** Plain text, a choice between options, or one between the lines of a list. */
type Part = string | { options: Option[] } | { list: string };

interface Option {
  /** `3::a` comes three times as often as `a`. */
  weight: number;
  parts: Part[];
}

/** In this order: escapes, a list, the marks of a choice, plain text, anything left over. */
const SYNTAX = /\\\\|\\[{}|]|\\__|__(?<list>(?:[\p{L}\p{N}./-]|_(?!_))+)__|[{}|]|[^\\{}|_]+|[\\_]/gu;
const ESCAPING = /^\\(?=[{}|_])/;
const WEIGHT = /^\s*(\d+(?:\.\d+)?)::/;
/** A list that names itself would go on for ever, … */
const MAX_DEPTH = 16;
/** … and lists that name others twice would take as long. */
const MAX_PICKS = 1000;

export function hasWildcards(template: string): boolean {
  return parse(template).some((part) => typeof part !== 'string');
}

/**
 * A brace without `|` and one that is never closed stay as they are; so does what `\{`, `\|`, `\}` and `\__` lead.
 * @throws SafelightError INVALID_PARAMS for a list that is not there or names itself
 */
export async function expandWildcards(template: string, { random, readList }: Wildcards): Promise<string> {
  let picks = 0;

  async function expand(parts: Part[], lists: string[]): Promise<string> {
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : await choose(part, lists);
    return text;
  }

  /** @param lists that we are inside of, outermost first */
  async function choose(part: Exclude<Part, string>, lists: string[]): Promise<string> {
    if (++picks > MAX_PICKS) throw refusal(`a prompt may have ${MAX_PICKS} choices, and this one has more`);
    if ('options' in part) return expand(pick(part.options, random), lists);
    const within = [...lists, part.list];
    if (within.length > MAX_DEPTH) throw refusal(`lists may name others ${MAX_DEPTH} deep: ${within.join(' → ')}`);
    const options = (await readList(part.list)).map((line) => toOption(parse(line)));
    return expand(pick(options, random), within);
  }

  return expand(parse(template), []);
}

/** Both prompts of a job. The same seed and the same words (and lists) give the same prompts. */
export async function expandPrompts<T extends { prompt: string; negativePrompt?: string | undefined; seed: number }>(
  params: T,
  readList: Wildcards['readList'],
): Promise<T> {
  const wildcards = { random: createSeededRandom(params.seed), readList };
  const prompt = await expandWildcards(params.prompt, wildcards);
  if (params.negativePrompt === undefined) return { ...params, prompt };
  return { ...params, prompt, negativePrompt: await expandWildcards(params.negativePrompt, wildcards) };
}

/** The same numbers on every machine and in every version: a seed in a picture's file must keep its meaning. */
export function createSeededRandom(seed: number): () => number {
  let drawn = 0;
  return () => createHash('sha256').update(`${seed}/${drawn++}`).digest().readUInt32BE() / 2 ** 32;
}

function parse(template: string): Part[] {
  const whole: Part[] = [];
  /** The options of each brace that is open, innermost last. */
  const open: Part[][][] = [];
  const here = () => open.at(-1)?.at(-1) ?? whole;
  for (const { 0: token, groups: { list } = {} } of template.matchAll(SYNTAX)) {
    const options = open.at(-1);
    if (token === '{') open.push([[]]);
    else if (token === '|' && options !== undefined) options.push([]);
    else if (token === '}' && options !== undefined) {
      open.pop();
      // One by one: as arguments of one call, the parts of a long list line would overflow the stack.
      for (const part of toParts(options)) here().push(part);
    } else here().push(list === undefined ? token.replace(ESCAPING, '') : { list });
  }
  // Never closed: what looked like options is text.
  for (const options of open) for (const part of ['{', ...withBars(options)]) whole.push(part);
  return whole;
}

function toParts(options: Part[][]): Part[] {
  return options.length === 1 ? ['{', ...options[0], '}'] : [{ options: options.map(toOption) }];
}

function withBars([first, ...others]: Part[][]): Part[] {
  return [...first, ...others.flatMap((parts) => ['|', ...parts])];
}

function toOption(parts: Part[]): Option {
  const [first, ...rest] = parts;
  const [prefix, weight] = (typeof first === 'string' && WEIGHT.exec(first)) || [];
  if (prefix === undefined) return { weight: 1, parts };
  return { weight: Number(weight), parts: [String(first).slice(prefix.length), ...rest] };
}

function pick(options: Option[], random: () => number): Part[] {
  const possible = options.filter(({ weight }) => weight > 0);
  if (possible.length === 0) throw refusal('a choice needs an option with a weight above 0');
  let left = random() * possible.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = possible.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return (chosen ?? possible[possible.length - 1]).parts; // sums of fractions are not exact
}

function refusal(message: string): SafelightError {
  return new SafelightError('INVALID_PARAMS', `wildcards: ${message}`);
}
