/** ComfyUI's `prompt`: a graph of nodes. What stands in an input, or in the node that is linked to it. */
import { isObject } from '../loose-json.js';

export interface ComfyNode {
  id: string;
  type: string;
  inputs: Record<string, unknown>;
}

export interface Link {
  node: ComfyNode;
  /** Number of the output. */
  output: number;
}

export interface ComfyGraph {
  nodes: ComfyNode[];
  /** @returns undefined when the value is no link, or leads nowhere */
  follow(value: unknown): Link | undefined;
  /** Counts a step along a link. @param weight of one that costs more than that  @returns false when there were too many: links may fan out without end */
  mayStep(weight?: number): boolean;
  /** What cannot be taken over, in words; each once. */
  name(words: string): void;
}

/** Real graphs have hundreds of nodes, each with some links. */
const MAX_STEPS = 1_000_000;
const MAX_NAMED = 100;
const MAX_WORDS = 300;

/** A node that is odd hides no other. @returns undefined when nothing in it is a node */
export function toComfyGraph(value: unknown, unknown: string[]): ComfyGraph | undefined {
  if (!isObject(value)) return undefined;
  const nodes = Object.entries(value).flatMap(([id, node]) => toNode(id, node) ?? []);
  if (!nodes.some(({ type }) => type !== '')) return undefined;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let steps = 0;
  return {
    nodes,
    follow(link) {
      if (!Array.isArray(link) || link.length !== 2) return undefined;
      const node = byId.get(String(link[0]));
      return node && { node, output: Number(link[1]) };
    },
    mayStep(weight = 1) {
      steps += weight;
      if (steps > MAX_STEPS) name('the graph: it is too large to be followed to its end');
      return steps <= MAX_STEPS;
    },
    name,
  };

  function name(words: string): void {
    const short = words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS)}…`;
    if (unknown.length < MAX_NAMED && !unknown.includes(short)) unknown.push(short);
  }
}

function toNode(id: string, value: unknown): ComfyNode | undefined {
  if (!isObject(value) || !isObject(value.inputs)) return undefined;
  return { id, type: typeof value.class_type === 'string' ? value.class_type : '', inputs: value.inputs };
}

/** For people. */
export function nodeName({ id, type }: ComfyNode): string {
  return type === '' ? `node ${id}` : type;
}

export function isLink(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[1] === 'number';
}

/** Links that carry model, prompts and latent together: ComfyUI-Easy-Use, Impact-Pack, efficiency-nodes, rgthree. */
export const PIPES = ['pipe', 'basic_pipe', 'sdxl_tuple', 'base_ctx', 'ctx', 'context'];

/** Inputs of nodes that hold one value for others: primitives, constants, seeds. */
const VALUE_INPUTS = ['value', 'Value', 'number', 'int', 'float', 'string', 'text', 'String', 'Text'];

/**
 * The literal of an input, or that of the node behind it: the input of the same name there, one for values, or the only one
 * that fits; a node of a single link is passed through.
 * @param fits is true for a literal of the wanted kind
 */
export function readLiteral<T>(
  graph: ComfyGraph,
  node: ComfyNode,
  inputs: string[],
  fits: (value: unknown) => value is T,
): T | undefined {
  const input = inputs.find((each) => node.inputs[each] !== undefined);
  let value = input === undefined ? undefined : node.inputs[input];
  const seen = new Set<ComfyNode>();
  for (let link = graph.follow(value); link !== undefined; link = graph.follow(value)) {
    if (seen.has(link.node) || !graph.mayStep()) break;
    seen.add(link.node);
    value = pick(link.node, inputs, fits);
    if (value === undefined) graph.name(`${input}: it comes from ${nodeName(link.node)}`);
  }
  return fits(value) ? value : undefined;
}

function pick(node: ComfyNode, names: string[], fits: (value: unknown) => boolean): unknown {
  const { inputs } = node;
  const named = [...names, ...VALUE_INPUTS].map((each) => inputs[each]).find((value) => fits(value) || isLink(value));
  if (named !== undefined) return named;
  const fitting = Object.values(inputs).filter(fits);
  const links = Object.values(inputs).filter(isLink);
  if (fitting.length === 1 && links.length === 0) return fitting[0];
  return fitting.length === 0 && links.length === 1 ? links[0] : undefined;
}
