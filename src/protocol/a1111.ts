/** AUTOMATIC1111's text about a picture: its names of our schedulers, and the reader of its `parameters` (infotext_utils.py). */
import type { SchedulerName } from './params.js';

/** [Sampler, Schedule type] as AUTOMATIC1111 names them. */
export const A1111_NAMES: Record<SchedulerName, readonly [string, string?]> = {
  ddim: ['DDIM'],
  pndm: ['PLMS'],
  euler: ['Euler'],
  euler_karras: ['Euler', 'Karras'],
  euler_a: ['Euler a'],
  heun: ['Heun'],
  lms: ['LMS'],
  dpmpp_2m: ['DPM++ 2M'],
  dpmpp_2m_karras: ['DPM++ 2M', 'Karras'],
  dpmpp_2m_sde: ['DPM++ 2M SDE'],
  dpmpp_2m_sde_karras: ['DPM++ 2M SDE', 'Karras'],
  unipc: ['UniPC'],
  unipc_karras: ['UniPC', 'Karras'],
  lcm: ['LCM'],
};

/** Before version 1.9 the schedule was the end of the sampler's name: `DPM++ 2M Karras`. */
export function toSchedulerName(sampler: string, scheduleType: string | undefined): SchedulerName | undefined {
  const [, name, suffix] = /^(.*?)( Karras)?$/.exec(sampler) ?? [];
  const isKarras = suffix !== undefined || scheduleType === 'Karras';
  const isKnownSchedule = isKarras || scheduleType === undefined || scheduleType === 'Automatic';
  const match = Object.entries(A1111_NAMES).find(
    ([, [own, schedule]]) => own === name && (schedule === 'Karras') === isKarras,
  );
  return isKnownSchedule ? (match?.[0] as SchedulerName | undefined) : undefined;
}

export interface A1111Parameters {
  prompt: string;
  negativePrompt: string;
  /** Of the last line, in its order. */
  pairs: Map<string, string>;
}

const NEGATIVE = 'Negative prompt:';
const PAIR = /([\w][\w /-]*):\s*("(?:[^"\\]|\\.)*"|[^,]*)(?:,\s*|$)/g;
/** Fewer are words of a prompt that happen to look like one. */
const MIN_PAIRS = 3;

/** @returns undefined when the text's last line tells no parameters */
export function parseA1111Parameters(text: string): A1111Parameters | undefined {
  const lines = text.trim().split('\n');
  const pairs = new Map([...(lines.pop() ?? '').matchAll(PAIR)].map(([, key, value]) => [key, unquote(value.trim())]));
  if (pairs.size < MIN_PAIRS) return undefined;
  const negativeAt = lines.findIndex((line) => line.trimStart().startsWith(NEGATIVE));
  const promptLines = negativeAt === -1 ? lines : lines.slice(0, negativeAt);
  const negativeLines = negativeAt === -1 ? [] : lines.slice(negativeAt);
  return {
    prompt: promptLines.join('\n').trim(),
    negativePrompt: negativeLines.join('\n').trimStart().slice(NEGATIVE.length).trim(),
    pairs,
  };
}

/** A value that holds a separator is written as a JSON string. */
function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
