/** The sides of a ComfyUI graph's first latent: numbers, or a preset that nodes of other packs take before their numbers. */
import { type ComfyGraph, type ComfyNode, nodeName, readLiteral } from './comfy-graph.js';

type Side = 'width' | 'height';

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** `2:3 portrait 512x768` (ComfyUI_Comfyroll), ` 832 x 1216  (portrait)` (rgthree), `1024 x 1024` (ComfyUI-Easy-Use). */
const PRESETS = ['resolution', 'aspect_ratio', 'dimensions'];
const SIZE = /(\d{2,5})\s*[x×]\s*(\d{2,5})/;
/** The numbers beside it count. */
const CUSTOM = /custom|width x height/i;

export function hasSides({ inputs }: Pick<ComfyNode, 'inputs'>): boolean {
  return 'width' in inputs || 'empty_latent_width' in inputs || toPreset({ inputs }) !== undefined;
}

/** @param latent the node that makes it */
export function readSide(graph: ComfyGraph, latent: ComfyNode, side: Side): number | undefined {
  const preset = toPreset(latent);
  if (preset !== undefined) return fromPreset(graph, latent, side, preset);
  return readNumber(graph, latent, side);
}

/** Comfyroll's nodes swap the sides and scale them, presets and numbers alike (nodes_aspect_ratio.py). */
function fromPreset(graph: ComfyGraph, node: ComfyNode, side: Side, preset: string): number | undefined {
  const wanted = node.inputs.swap_dimensions === 'On' ? OTHER[side] : side;
  const { prescale_factor: factor } = node.inputs;
  const [, width, height] = SIZE.exec(preset) ?? [];
  const base = width === undefined ? undefined : Number(wanted === 'width' ? width : height);
  const found = CUSTOM.test(preset) ? readNumber(graph, node, wanted) : base;
  if (found === undefined) graph.name(`${side}: it comes from ${nodeName(node)} ${preset}`);
  return found === undefined || !isNumber(factor) ? found : Math.trunc(found * factor);
}

const OTHER = { width: 'height', height: 'width' } as const;

function readNumber(graph: ComfyGraph, node: ComfyNode, side: Side): number | undefined {
  const input = [side, `empty_latent_${side}`].find((each) => node.inputs[each] !== undefined);
  if (input === undefined) return undefined;
  const behind = graph.follow(node.inputs[input])?.node;
  const preset = behind && toPreset(behind);
  if (behind !== undefined && preset !== undefined) return fromPreset(graph, behind, side, preset);
  return readLiteral(graph, node, [input], isNumber);
}

function toPreset({ inputs }: Pick<ComfyNode, 'inputs'>): string | undefined {
  return PRESETS.map((each) => inputs[each]).find((value) => typeof value === 'string');
}
