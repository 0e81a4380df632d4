/** A request of ours from a ComfyUI graph: one sampler, or a second one behind it as a hires pass. */

import { toNoiseSeed } from '../file-values.js';
import { isObject } from '../loose-json.js';
import { toFileName } from '../model-file.js';
import type { Recipe } from '../recipe.js';
import { type ComfyGraph, type ComfyNode, isLink, nodeName, PIPES, readLiteral, toComfyGraph } from './comfy-graph.js';
import { type ComfyPass, findPasses, readPass } from './comfy-passes.js';
import { fromComfySampler, toComfyNotes } from './comfy-samplers.js';
import { hasSides, readSide } from './comfy-size.js';
import { readPrompt } from './comfy-text.js';

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isString = (value: unknown): value is string => typeof value === 'string';

/** @returns undefined when it is no such graph  @throws SafelightError INVALID_PARAMS when it has no sampler, or too many */
export function readComfyRecipe(value: unknown): Recipe | undefined {
  const unknown = ['how its sampler spaced the steps, and how it weighted the prompt: ours do as diffusers does'];
  const graph = toComfyGraph(value, unknown);
  if (graph === undefined) return undefined;
  const [last, ...earlier] = findPasses(graph).map((node) => readPass(graph, node));
  const first = earlier.pop() ?? last;
  for (const { node } of earlier) graph.name(`what ${nodeName(node)} does between the first pass and the last`);
  nameImageNodes(graph, last.node);
  const start = readStart(graph, first);
  return {
    writer: 'ComfyUI',
    params: {
      prompt: readPrompt(graph, first.guider, 'positive') ?? nameMissing(graph, 'the prompt'),
      negativePrompt: readPrompt(graph, first.guider, 'negative'),
      ...{ width: start.width, height: start.height },
      ...{ steps: first.steps, guidanceScale: first.guidanceScale, seed: readSeed(graph, first) },
      scheduler: readScheduler(graph, first),
      strength: start.isImage ? first.denoise : undefined,
      ...(first === last ? {} : readHires(graph, first, last, start)),
      clipSkip: readClipSkip(graph, first.guider),
    },
    model: readModel(graph, first.guider),
    ...(start.isImage && { initImage: { sha256: undefined } }),
    ...(start.isMasked && { maskImage: { sha256: undefined } }),
    unknown,
  };
}

function nameMissing(graph: ComfyGraph, what: string): undefined {
  graph.name(`${what}: it cannot be followed through the graph`);
}

function readSeed(graph: ComfyGraph, { seed }: ComfyPass): number | undefined {
  const low = toNoiseSeed(seed);
  // Seed (rgthree): -1 draws one, -2 and -3 count from the last
  if (typeof seed === 'number' && seed < 0) {
    graph.name(`the seed: ${seed} stands for one that was drawn, and the file does not say which`);
    return undefined;
  }
  return low ?? nameMissing(graph, 'the seed');
}

function readScheduler(graph: ComfyGraph, { sampler, schedule }: ComfyPass): string | undefined {
  if (sampler === undefined) return nameMissing(graph, 'the sampler');
  const found = fromComfySampler(sampler, schedule);
  const words = [sampler, schedule].filter(Boolean).join(' ');
  if (found === undefined) graph.name(`the sampler ${words}: it does not exist here and is not taken over`);
  for (const note of toComfyNotes(sampler)) graph.name(note);
  return found;
}

interface Start {
  width: number | undefined;
  height: number | undefined;
  isImage: boolean;
  isMasked: boolean;
}

/** The latent that a sampler begins with: an empty one of a size, or a picture's. */
function readStart(graph: ComfyGraph, pass: ComfyPass): Start {
  const { node, denoise } = pass;
  const all = [...walk(graph, node, ['latent_image', 'latent', 'samples', ...PIPES])];
  const path = all.slice(0, all.findIndex(isLatentSource) + 1 || all.length);
  const latent = path.at(-1);
  for (const { type } of path.slice(0, -1))
    if (!/reroute|mask/i.test(type)) graph.name(`what ${type} does to the latent`);
  const [width, height] =
    latent === undefined ? [] : [readSide(graph, latent, 'width'), readSide(graph, latent, 'height')];
  const isImage =
    latent !== undefined && (/encode/i.test(latent.type) || !(hasSides(latent) || /empty/i.test(latent.type)));
  const batch = latent && readLiteral(graph, latent, ['batch_size'], isNumber);
  if (batch !== undefined && batch > 1)
    graph.name('which picture of the batch this is: ComfyUI draws the noise of a batch at once');
  if (!isImage && denoise < 1)
    graph.name(`denoise ${Number(denoise.toFixed(4))} on an empty latent: here a picture from text takes every step`);
  if (isImage) nameShare(graph, pass);
  if (isImage)
    return {
      width: undefined,
      height: undefined,
      isImage,
      isMasked: path.some(({ type }) => /mask|inpaint/i.test(type)),
    };
  return { width, height, isImage, isMasked: false };
}

/** KSampler and BasicScheduler take all the steps over the last share of the noise; we take that share of the steps. */
function nameShare(graph: ComfyGraph, { node, steps, denoise }: ComfyPass): void {
  if (denoise < 1 && node.inputs.start_at_step === undefined)
    graph.name(
      `how it counts steps: ComfyUI takes all ${steps ?? ''} at denoise ${denoise}, ours are that share of them`,
    );
}

/** Links that lead on from it are those of its sides. */
function isLatentSource({ type, inputs }: ComfyNode): boolean {
  return /empty|encode|load/i.test(type) || hasSides({ inputs });
}

/** The second pass of a graph enlarges the latent or the picture on the way, and repaints it. */
function readHires(graph: ComfyGraph, first: ComfyPass, last: ComfyPass, start: Start): Record<string, unknown> {
  const between = [...walk(graph, last.node, ['latent_image', 'latent', 'samples', 'pixels', 'image', 'images'])];
  const scaled = between.slice(0, between.indexOf(first.node)).filter(({ type }) => !/^VAE(En|De)code/.test(type));
  const scales = scaled.map((node) => readScale(graph, node, start)).filter((scale) => scale !== undefined);
  for (const node of scaled) graph.name(`the upscaler ${nodeName(node)}: ours is Lanczos`);
  for (const key of ['seed', 'steps', 'guidanceScale', 'sampler', 'schedule'] as const)
    if (last[key] !== first[key]) graph.name(`the ${key} of its second pass: ${String(last[key])}`);
  const scale = scales.reduce((product, each) => product * each, 1);
  if (scale > 1) nameShare(graph, last);
  if (scale > 1) return { hiresScale: scale, hiresStrength: last.denoise };
  graph.name(`what its second pass ${nodeName(last.node)} does`);
  return {};
}

function readScale(graph: ComfyGraph, node: ComfyNode, start: Start): number | undefined {
  const factor = readLiteral(graph, node, ['scale_by', 'upscale_by', 'scale'], isNumber);
  const width = factor === undefined ? readLiteral(graph, node, ['width'], isNumber) : undefined;
  return factor ?? (width !== undefined && start.width !== undefined ? width / start.width : undefined);
}

/** What is done to the picture after the sampler. */
function nameImageNodes(graph: ComfyGraph, sampler: ComfyNode): void {
  const output =
    graph.nodes.find(({ type }) => /^save/i.test(type)) ?? graph.nodes.find(({ type }) => /^preview/i.test(type));
  const path = output === undefined ? [] : [...walk(graph, output, ['images', 'image', 'pixels', 'samples'])];
  const own = path.slice(0, path.includes(sampler) ? path.indexOf(sampler) : path.length);
  for (const node of own)
    if (!/^VAEDecode|reroute/i.test(node.type)) graph.name(`what ${nodeName(node)} does to the picture`);
}

/** Loras and patches lie between sampler and checkpoint: each is named. */
function readModel(graph: ComfyGraph, guider: ComfyNode): string | undefined {
  for (const node of walk(graph, guider, ['model', 'base_model', ...PIPES])) {
    const file = readLiteral(graph, node, ['ckpt_name', 'unet_name', 'model_name', 'base_ckpt_name'], isString);
    const loras = toLoras(node);
    if (loras.length > 0 || (file === undefined && !/reroute|pipe|tuple/i.test(node.type)))
      graph.name([nodeName(node), ...loras].join(' '));
    if (file !== undefined) return toFileName(file);
  }
  return undefined;
}

/** Of loaders of one (`lora_name`), of rgthree's of many (`lora_1: {on, lora, strength}`), and of those that take a stack of them. */
function toLoras({ inputs }: ComfyNode): string[] {
  return Object.entries(inputs).flatMap(([key, value]) => {
    if (!/lora/i.test(key)) return [];
    if (isObject(value)) return value.on !== false && isString(value.lora) ? [value.lora] : [];
    if (/stack/i.test(key)) return isLink(value) ? [`and ${key}`] : [];
    return /name|^lora_?\d+$/i.test(key) && isString(value) && !/^(none)?$/i.test(value) ? [value] : [];
  });
}

/** ComfyUI counts layers from the end as -1, -2, …; AUTOMATIC1111 and we as 1, 2, …. */
function readClipSkip(graph: ComfyGraph, guider: ComfyNode): number | undefined {
  for (const node of walk(graph, guider, [
    'positive',
    'conditioning',
    'conditioning_1',
    'conditioning_to',
    'clip',
    ...PIPES,
  ])) {
    const layer = readLiteral(graph, node, ['stop_at_clip_layer', 'clip_skip'], isNumber);
    if (layer !== undefined) return layer < 0 ? -layer : undefined;
  }
  return undefined;
}

/** The nodes behind a node, each behind the first of these inputs that is linked, or behind its only link; a ring ends where it closes. */
function* walk(graph: ComfyGraph, from: ComfyNode, inputs: string[]): Generator<ComfyNode> {
  const seen = new Set([from]);
  for (let node: ComfyNode | undefined = from; node !== undefined && graph.mayStep(); ) {
    const links: unknown[] = Object.values(node.inputs).filter(isLink);
    const named: unknown = inputs.map((input) => node?.inputs[input]).find(isLink);
    node = graph.follow(named ?? (links.length === 1 && node !== from ? links[0] : undefined))?.node;
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    yield node;
  }
}
