/** ComfyUI's `prompt`: a graph of nodes, walked back from its one sampler to what a request of ours can say. */
import { z } from 'zod';
import { SafelightError } from '../protocol/errors.js';
import type { SchedulerName } from '../protocol/params.js';

const NodeSchema = z.object({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) });
type Node = z.infer<typeof NodeSchema>;
const GraphSchema = z.record(z.string(), NodeSchema);
/** An input that another node gives: its id and the number of its output. */
const LinkSchema = z.tuple([z.string(), z.number()]);

export interface ComfyRecipe {
  prompt: string | undefined;
  negativePrompt: string | undefined;
  width: unknown;
  height: unknown;
  steps: unknown;
  guidanceScale: unknown;
  seed: unknown;
  scheduler: SchedulerName | undefined;
  strength: unknown;
  clipSkip: number | undefined;
  model: string | undefined;
  isFromImage: boolean;
  unknown: string[];
}

const SAMPLERS: Record<string, SchedulerName> = {
  euler: 'euler',
  euler_ancestral: 'euler_a',
  heun: 'heun',
  lms: 'lms',
  ddim: 'ddim',
  dpmpp_2m: 'dpmpp_2m',
  dpmpp_2m_sde: 'dpmpp_2m_sde',
  uni_pc: 'unipc',
  lcm: 'lcm',
};
const KARRAS: Partial<Record<SchedulerName, SchedulerName>> = {
  euler: 'euler_karras',
  dpmpp_2m: 'dpmpp_2m_karras',
  dpmpp_2m_sde: 'dpmpp_2m_sde_karras',
  unipc: 'unipc_karras',
};

/** @returns undefined when it is no such graph  @throws SafelightError INVALID_PARAMS when it has not exactly one sampler */
export function readComfyGraph(value: unknown): ComfyRecipe | undefined {
  const nodes = GraphSchema.safeParse(value).data;
  if (nodes === undefined) return undefined;
  const samplers = Object.values(nodes).filter(({ class_type }) => /^KSampler(Advanced)?$/.test(class_type));
  if (samplers.length !== 1) {
    const words = `its ComfyUI graph has ${samplers.length} samplers; a graph of one can be made again`;
    throw new SafelightError('INVALID_PARAMS', words);
  }
  return readSampler(nodes, samplers[0]);
}

function readSampler(nodes: Record<string, Node>, sampler: Node): ComfyRecipe {
  const unknown = ['how its sampler spaced the steps, and how it weighted the prompt: ours do as diffusers does'];
  const { inputs } = sampler;
  const [latent] = chain(nodes, sampler, ['latent_image']);
  const positive = readText([...chain(nodes, sampler, TEXT_LINKS.positive)], unknown);
  const isFromImage = latent !== undefined && !latent.class_type.startsWith('Empty');
  const size = isFromImage ? {} : { width: latent?.inputs.width, height: latent?.inputs.height };
  if (Number(latent?.inputs.batch_size) > 1)
    unknown.push('which picture of the batch this is: ComfyUI draws the noise of a batch at once');
  for (const key of ['start_at_step', 'end_at_step'])
    if (inputs[key] !== undefined) unknown.push(`${key}: ${String(inputs[key])}`);
  return {
    prompt: positive,
    negativePrompt: readText([...chain(nodes, sampler, TEXT_LINKS.negative)], unknown),
    width: size.width,
    height: size.height,
    steps: inputs.steps,
    guidanceScale: inputs.cfg,
    seed: inputs.seed ?? inputs.noise_seed,
    scheduler: readScheduler(inputs, unknown),
    strength: isFromImage ? inputs.denoise : undefined,
    clipSkip: readClipSkip([...chain(nodes, sampler, ['positive', 'conditioning', 'clip'])]),
    model: readModel([...chain(nodes, sampler, ['model'])], unknown),
    ...{ isFromImage, unknown },
  };
}

const TEXT_LINKS = { positive: ['positive', 'conditioning', 'text'], negative: ['negative', 'conditioning', 'text'] };

/** The nodes behind a node, each behind the first of these inputs that is linked; a ring ends where it closes. */
function* chain(nodes: Record<string, Node>, from: Node, inputs: string[]): Generator<Node> {
  const seen = new Set([from]);
  for (let node: Node | undefined = from; node !== undefined; ) {
    const links = inputs.flatMap((input) => LinkSchema.safeParse(node?.inputs[input]).data ?? []);
    node = nodes[String(links[0])];
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    yield node;
  }
}

/** Loras and patches lie between sampler and checkpoint: each is told. */
function readModel(path: Node[], unknown: string[]): string | undefined {
  for (const { class_type, inputs } of path) {
    const { ckpt_name: checkpoint, lora_name: lora } = inputs;
    if (typeof checkpoint === 'string') return checkpoint.replace(/\.\w+$/, '');
    unknown.push(`${class_type}${typeof lora === 'string' ? ` ${lora}` : ''}`);
  }
  return undefined;
}

/** The words are in the text encoder's node, or in one that is linked to it. */
function readText(path: Node[], unknown: string[]): string | undefined {
  for (const { class_type, inputs } of path) {
    const text = [inputs.text, inputs.value, inputs.string].find((each) => typeof each === 'string');
    if (text !== undefined) return text;
    if (class_type !== 'CLIPTextEncode') unknown.push(`what ${class_type} does to the prompt`);
  }
  return undefined;
}

/** ComfyUI counts layers from the end as -1, -2, …; AUTOMATIC1111 and we as 1, 2, …. */
function readClipSkip(path: Node[]): number | undefined {
  const layer = path.map(({ inputs }) => inputs.stop_at_clip_layer).find((each) => typeof each === 'number');
  return layer === undefined ? undefined : -layer;
}

function readScheduler(
  { sampler_name: name, scheduler }: Node['inputs'],
  unknown: string[],
): SchedulerName | undefined {
  const plain = SAMPLERS[String(name)];
  const found = scheduler === 'karras' ? plain && KARRAS[plain] : plain;
  if (found === undefined) unknown.push(`the sampler ${String(name)} ${String(scheduler)}`);
  return found;
}
