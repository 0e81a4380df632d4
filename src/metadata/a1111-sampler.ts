/** The sampler that AUTOMATIC1111's text names, in its own words or, as ComfyUI's nodes and Fooocus write it, in ComfyUI's. */
import { toSamplerWords, toSchedulerName } from './a1111-samplers.js';
import { fromComfySampler, splitComfySampler, toComfyNotes } from './comfy/comfy-samplers.js';
import type { FileValues } from './file-values.js';

/**
 * Since 1.9 a missing schedule type is Automatic; Forge's `f2.0.1v1.10.1-…` names the version that it follows behind its own.
 * Fooocus writes ComfyUI's name of the schedule under `Scheduler`, whatever its name of the sampler (modules/meta_parser.py).
 */
export function readA1111Sampler(
  values: FileValues,
  version: string | undefined,
  unknown: string[],
): string | undefined {
  const [sampler, type] = [values.text('Sampler'), values.text('Schedule type', 'Scheduler')];
  const isOurs = version?.startsWith('safelight') === true; // no sampler there: the one of the model
  if (sampler === undefined) {
    if (!isOurs) unknown.push('the sampler: the file does not name it');
    return undefined;
  }
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  const isLater = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 9);
  const missing = isLater && !version?.startsWith('Fooocus') ? 'Automatic' : 'Uniform';
  const spaced = isOfWebui(values, version) && FIXED.test(sampler) ? 'Uniform' : type;
  const scheduler = toSchedulerName(sampler, spaced, missing) ?? fromComfyWords(sampler, type, unknown);
  if (scheduler === undefined)
    unknown.push(`the sampler ${toSamplerWords(sampler, type, missing)}: it does not exist here and is not taken over`);
  if (scheduler?.startsWith('unipc') && sampler.startsWith('UniPC') && !isOurs)
    unknown.push('the sampler UniPC: its usual variant is bh1 (uni_pc_variant), ours is bh2');
  return scheduler;
}

/** AUTOMATIC1111 and Forge space these by time steps, whatever type stands in the file (sd_samplers_timesteps.py). */
const FIXED = /^\s*unipc\s*$/i;

/** SD.Next, which names itself under `App`, takes diffusers' samplers with every schedule. */
function isOfWebui(values: FileValues, version = ''): boolean {
  return !values.has('App') && !/^(safelight|Fooocus|ComfyUI)/.test(version);
}

function fromComfyWords(words: string, type: string | undefined, unknown: string[]): string | undefined {
  const { sampler, schedule } = splitComfySampler(words);
  const scheduler = fromComfySampler(sampler, schedule ?? type?.toLowerCase().replaceAll(' ', '_'));
  if (scheduler !== undefined) unknown.push(...toComfyNotes(sampler));
  return scheduler;
}
