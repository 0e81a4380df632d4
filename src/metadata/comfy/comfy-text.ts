/** The prompt of a ComfyUI graph: walked back from the sampler to the text encoders, and from there to the words. */
import { type ComfyGraph, type ComfyNode, isLink, nodeName, PIPES } from './comfy-graph.js';

export type Role = 'positive' | 'negative';

const CONDITIONING = /^conditioning(_?\d+|_to|_from)?$/i;
const JOINS = /concat|join|combine|append/i;
const SEPARATORS = ['delimiter', 'separator'];
const TEXTS = ['text', 'value', 'Value', 'string', 'String', 'Text', 'prompt', 'populated_text', 'wildcard_text'];
/** Of the encoders of models with two: CLIP-L and a second one. */
const PAIRS = [
  ['text_g', 'text_l'],
  ['t5xxl', 'clip_l'],
];
const MAX_CHARS = 100_000;
const MAX_DEPTH = 200;
/** A step copies the path, and texts may fan out: some thousand steps are plenty. */
const STEP_WEIGHT = 200;

/** @param node the sampler or guider  @returns undefined when the words cannot be followed, which is named */
export function readPrompt(graph: ComfyGraph, node: ComfyNode, role: Role): string | undefined {
  const keys = [role, ...(role === 'positive' ? ['conditioning'] : []), ...PIPES];
  const link = graph.follow(keys.map((key) => node.inputs[key]).find(isLink));
  if (link === undefined) return undefined;
  const found = readConditioning(graph, link.node, role, new Set());
  return found?.slice(0, MAX_CHARS);
}

/** Conditionings lead on by an input of the role's name (ControlNet), or by one or more called conditioning. */
function readConditioning(graph: ComfyGraph, node: ComfyNode, role: Role, path: Set<ComfyNode>): string | undefined {
  if (path.has(node) || path.size > MAX_DEPTH || !graph.mayStep(STEP_WEIGHT)) return undefined;
  const onPath = new Set(path).add(node);
  const { inputs } = node;
  if (node.type === 'ConditioningZeroOut') {
    graph.name('ConditioningZeroOut: the negative prompt is empty here');
    return '';
  }
  const own = inputs[role] ?? inputs[`base_${role}`]; // Pack SDXL Tuple of efficiency-nodes has the second
  if (typeof own === 'string') return own; // loaders that hold both prompts
  if (isLink(own)) return readPassedOn(graph, node, own, (next) => readConditioning(graph, next, role, onPath));
  const keys = Object.keys(inputs).filter((key) => CONDITIONING.test(key) && isLink(inputs[key]));
  const pipe = PIPES.map((key) => inputs[key]).find(isLink);
  if (keys.length === 0 && pipe !== undefined)
    return readLinked(graph, pipe, (next) => readConditioning(graph, next, role, onPath));
  if (keys.length === 0) return readEncoder(graph, node, path);
  graph.name(
    keys.length > 1 ? `${nodeName(node)}: its prompts are joined to one` : `what ${nodeName(node)} does to the prompt`,
  );
  const texts = keys.map((key) =>
    readLinked(graph, inputs[key], (next) => readConditioning(graph, next, role, onPath)),
  );
  return join(texts, ', ');
}

/** A node that hands both prompts on: one that only bundles them does nothing to them. */
function readPassedOn(
  graph: ComfyGraph,
  node: ComfyNode,
  link: unknown,
  read: (node: ComfyNode) => string | undefined,
): string | undefined {
  const isBundle = /pipe|tuple|context|loader/i.test(node.type);
  if (!isBundle) graph.name(`what ${nodeName(node)} does to the prompt`);
  return readLinked(graph, link, read);
}

function readLinked(
  graph: ComfyGraph,
  value: unknown,
  read: (node: ComfyNode) => string | undefined,
): string | undefined {
  const link = graph.follow(value);
  return link && read(link.node);
}

function readEncoder(graph: ComfyGraph, node: ComfyNode, path: Set<ComfyNode>): string | undefined {
  const pair = PAIRS.find((each) => each.some((key) => node.inputs[key] !== undefined));
  // smZ CLIPTextEncode has all of them, and takes `text` unless its caller says that the model is SDXL.
  const hasOwnText = node.inputs.text !== undefined && node.inputs.with_SDXL !== true;
  if (pair === undefined || hasOwnText) return readWords(graph, node, path);
  const [first, second] = pair.map((key) => readValue(graph, node.inputs[key], path)?.trim());
  if (first && second && first !== second) graph.name(`the words of its other text encoder: ${second}`);
  return first || second || first;
}

/** A literal, or what the node behind a link makes. */
function readValue(graph: ComfyGraph, value: unknown, path: Set<ComfyNode>): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return readLinked(graph, value, (node) => readWords(graph, node, path));
}

/** The words of a node: joined from several, its own, or those of the only node behind it. */
function readWords(graph: ComfyGraph, node: ComfyNode, path: Set<ComfyNode>): string | undefined {
  if (path.has(node) || path.size > MAX_DEPTH || !graph.mayStep(STEP_WEIGHT)) return undefined;
  const onPath = new Set(path).add(node);
  const { inputs } = node;
  if (JOINS.test(node.type)) return readJoined(graph, node, onPath);
  const key = TEXTS.find((each) => typeof inputs[each] === 'string' || isLink(inputs[each])) ?? onlyKey(node);
  if (key === undefined) {
    graph.name(`the prompt: its words come from ${nodeName(node)}`);
    return undefined;
  }
  return readValue(graph, inputs[key], onPath);
}

/** `text_a`, `text_b`, … or `string1`, `string2`, … in their order, with the node's separator between them. */
function readJoined(graph: ComfyGraph, node: ComfyNode, path: Set<ComfyNode>): string | undefined {
  const { inputs } = node;
  const keys = Object.keys(inputs).filter((key) => /^(?=.)((text|string|prompt|str|t)_?)?([a-z]|\d+)?$/i.test(key));
  const ordered = keys.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const texts = ordered.map((key) => readValue(graph, inputs[key], path));
  const separator = SEPARATORS.map((key) => inputs[key]).find((each) => typeof each === 'string');
  if (texts.length === 0 || texts.includes(undefined)) graph.name(`the prompt: its words come from ${nodeName(node)}`);
  const isClean = String(inputs.clean_whitespace) === 'true';
  return join(isClean ? texts.map((text) => text?.trim()) : texts, toSeparator(separator ?? ''));
}

function join(texts: (string | undefined)[], separator: string): string | undefined {
  const given = texts.filter((text) => text !== undefined);
  if (given.length === 0) return undefined;
  return given
    .filter((text) => text !== '')
    .join(separator)
    .slice(0, MAX_CHARS);
}

/** These nodes write a line break as two characters. */
function toSeparator(separator: string): string {
  return separator.replaceAll('\\n', '\n');
}

function onlyKey({ inputs }: ComfyNode): string | undefined {
  const keys = Object.keys(inputs);
  const literals = keys.filter((key) => typeof inputs[key] === 'string');
  const links = keys.filter((key) => isLink(inputs[key]) && !/^(clip|model|vae)$/i.test(key));
  if (literals.length === 1 && links.length === 0) return literals[0];
  return literals.length === 0 && links.length === 1 ? links[0] : undefined;
}
