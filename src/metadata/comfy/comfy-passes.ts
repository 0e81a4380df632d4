/** The samplers of a ComfyUI graph: which one made the picture, and how its pieces (noise, guider, sigmas) hang together. */
import { SafelightError } from '../../protocol/errors.js';
import { type ComfyGraph, type ComfyNode, nodeName, PIPES, readLiteral } from './comfy-graph.js';

/** What a sampler does, gathered from its node and the nodes that it is made of. */
export interface ComfyPass {
  node: ComfyNode;
  /** Has the links to the prompts and to the model: the sampler or its guider. */
  guider: ComfyNode;
  seed: unknown;
  steps: number | undefined;
  guidanceScale: number | undefined;
  sampler: string | undefined;
  schedule: string | undefined;
  denoise: number;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isString = (value: unknown): value is string => typeof value === 'string';
/** Whole numbers beyond 2^53 are text (`parseLooseJson`). */
const isSeed = (value: unknown): value is number | string =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));

/** A node of another pack may be a sampler by any name. */
function isSampler({ type, inputs }: ComfyNode): boolean {
  if (/^(KSampler(Advanced)?|SamplerCustom(Advanced)?)$/.test(type)) return true;
  const isFed = 'latent_image' in inputs || PIPES.some((pipe) => pipe in inputs);
  return (
    isFed && 'steps' in inputs && ('sampler_name' in inputs || ('latent_image' in inputs && /sampler/i.test(type)))
  );
}

/**
 * The samplers from the last, whose picture was saved, back to the first.
 * @throws SafelightError INVALID_PARAMS when no sampler is found, or several that do not follow one another
 */
export function findPasses(graph: ComfyGraph): ComfyNode[] {
  const outputs = graph.nodes.filter(({ type }) => /save|preview/i.test(type));
  const saved = outputs.flatMap((node) => [...samplersBehind(graph, node)]);
  const all = graph.nodes.filter(isSampler);
  const lasts = new Set(saved.length > 0 ? saved : all);
  const passes = toChain(
    graph,
    [...lasts].filter((node) => !liesBehindAnother(graph, node, lasts)),
  );
  if (passes.length > 0) return passes;
  const words = `its ComfyUI graph has ${all.length} samplers; a graph of one, or of one behind another, can be made again`;
  throw new SafelightError(
    'INVALID_PARAMS',
    all.length === 0 ? 'its ComfyUI graph has no sampler that is known here' : words,
  );
}

function toChain(graph: ComfyGraph, lasts: ComfyNode[]): ComfyNode[] {
  const passes: ComfyNode[] = [];
  let [next, ...others] = lasts;
  while (next !== undefined && others.length === 0 && !passes.includes(next)) {
    passes.push(next);
    [next, ...others] = samplersBehind(graph, next);
  }
  return others.length === 0 ? passes : [];
}

function liesBehindAnother(graph: ComfyGraph, node: ComfyNode, others: Set<ComfyNode>): boolean {
  return [...others].some((other) => other !== node && samplersBehind(graph, other, true).has(node));
}

/** @param isDeep also those behind them */
function samplersBehind(graph: ComfyGraph, from: ComfyNode, isDeep = false): Set<ComfyNode> {
  const found = new Set<ComfyNode>();
  const seen = new Set([from]);
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const value of Object.values(node.inputs)) {
      if (!graph.mayStep()) return found;
      const next = graph.follow(value)?.node;
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      if (isSampler(next)) found.add(next);
      if (isDeep || !found.has(next)) open.push(next);
    }
  }
  return found;
}

export function readPass(graph: ComfyGraph, node: ComfyNode): ComfyPass {
  const part = (input: string) => graph.follow(node.inputs[input])?.node ?? node;
  const [noise, guider, sigmas] = [part('noise'), part('guider'), readSigmas(graph, part('sigmas'))];
  nameNoise(graph, node, noise);
  const sampler = graph.follow(node.inputs.sampler)?.node ?? node;
  const steps = readLiteral(graph, sigmas, ['steps'], isNumber);
  return {
    node,
    guider,
    seed: readLiteral(graph, noise, ['noise_seed', 'seed'], isSeed),
    steps,
    guidanceScale: readGuidance(graph, guider),
    sampler:
      readLiteral(graph, sampler, ['sampler_name'], isString) ??
      (sampler === node ? undefined : fromSamplerNode(graph, sampler)),
    schedule: readSchedule(graph, sigmas) ?? (sigmas === node ? undefined : nodeName(sigmas)),
    denoise: readDenoise(graph, sigmas, node, steps),
  };
}

/** What makes its first noise another than torch's on the CPU; the samplers of ComfyUI-Inspire-Pack can draw it as AUTOMATIC1111 does. */
function nameNoise(graph: ComfyGraph, { inputs: { add_noise: adds } }: ComfyNode, { inputs }: ComfyNode): void {
  if (adds === 'disable' || adds === false) graph.name(`add_noise: ${adds}: the seed adds no noise to its latent`);
  if (isString(inputs.noise_mode) && inputs.noise_mode.startsWith('GPU'))
    graph.name('the first noise: it came from a GPU’s generator, ours is torch’s on the CPU');
  if (isNumber(inputs.variation_strength) && inputs.variation_strength > 0)
    graph.name(`its variation: seed ${JSON.stringify(inputs.variation_seed)}, strength ${inputs.variation_strength}`);
}

/** The scheduler node; what cuts, turns or stretches its steps on the way is named. */
function readSigmas(graph: ComfyGraph, from: ComfyNode): ComfyNode {
  let node = from;
  const seen = new Set([from]);
  for (let next = graph.follow(node.inputs.sigmas)?.node; next !== undefined && !seen.has(next) && graph.mayStep(); ) {
    if (!/reroute/i.test(node.type)) graph.name(`what ${nodeName(node)} does to the steps`);
    seen.add(next);
    node = next;
    next = graph.follow(node.inputs.sigmas)?.node;
  }
  return node;
}

/** Samplers that are nodes of their own, with what KSampler leaves at its usual value (comfy_extras/nodes_custom_sampler.py). */
const SAMPLER_NODES = new Map([
  ['SamplerEulerAncestral', 'euler_ancestral'],
  ['SamplerLMS', 'lms'],
  ['SamplerDPMPP_2M_SDE', 'dpmpp_2m_sde'],
]);
const USUAL = { eta: 1, s_noise: 1, order: 4, solver_type: 'midpoint' };

function fromSamplerNode(graph: ComfyGraph, { type, inputs }: ComfyNode): string {
  const name = SAMPLER_NODES.get(type);
  if (name === undefined) return type;
  for (const [input, usual] of Object.entries(USUAL))
    if (inputs[input] !== undefined && inputs[input] !== usual)
      graph.name(`${input} of ${type}: ${JSON.stringify(inputs[input])}, and ${usual} here`);
  return inputs.noise_device === 'gpu' ? `${name}_gpu` : name;
}

/** A guider without a scale has no negative prompt either: guidance 1. */
function readGuidance(graph: ComfyGraph, guider: ComfyNode): number | undefined {
  return readLiteral(graph, guider, ['cfg'], isNumber) ?? (guider.type === 'BasicGuider' ? 1 : undefined);
}

/** `BasicScheduler` names it in an input; `KarrasScheduler` and the like in their own name. */
function readSchedule(graph: ComfyGraph, sigmas: ComfyNode): string | undefined {
  const named = readLiteral(graph, sigmas, ['scheduler'], isString);
  return named ?? /^(\w+?)Scheduler$/.exec(sigmas.type)?.[1].toLowerCase();
}

/** Which share of the steps is done: a number, or where `KSamplerAdvanced` begins. */
function readDenoise(graph: ComfyGraph, sigmas: ComfyNode, node: ComfyNode, steps: number | undefined): number {
  const start = readLiteral(graph, node, ['start_at_step'], isNumber) ?? 0;
  const end = readLiteral(graph, node, ['end_at_step'], isNumber);
  if (end !== undefined && steps !== undefined && end < steps) graph.name(`end_at_step: ${end}`);
  if (start > 0) graph.name(`start_at_step: ${start}`);
  if (start > 0 && steps !== undefined) return Math.max(0, 1 - start / steps);
  return readLiteral(graph, sigmas, ['denoise'], isNumber) ?? 1;
}
