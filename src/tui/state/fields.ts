/** The parameters that the panel offers, in one table: how each is named, stepped, typed and shown. Pure. */
import type { Capabilities, ModelSummary } from '../../protocol/messages.js';
import { type GenerationRequest, IMAGE_FORMATS, PARAM_DEFAULTS, PARAM_LIMITS } from '../../protocol/params.js';
import { isRandomSeed, SeedSchema } from '../../protocol/seed.js';

/** What the next pictures are made with, besides the words; input pictures are paths until they are sent. */
export type Values = Omit<GenerationRequest, 'prompt' | 'negativePrompt' | 'initImage' | 'maskImage'> & {
  init?: string | undefined;
  mask?: string | undefined;
};
export type FieldName = Exclude<keyof Values, `branch${string}`>;

interface FieldBase {
  name: FieldName;
  label: string;
}
export type Field =
  | (FieldBase & { kind: 'number'; min: number; max: number; step: number; isWhole: boolean; isSeed?: true })
  | (FieldBase & { kind: 'choice' })
  | (FieldBase & { kind: 'path' });

const whole = (name: FieldName, label: string, { min, max }: { min: number; max: number }, step = 1): Field => {
  return { kind: 'number', name, label, min, max, step, isWhole: true };
};
const share = (name: FieldName, label: string): Field => {
  return { kind: 'number', name, label, min: 0.05, max: 1, step: 0.05, isWhole: false };
};
const seedField = (name: FieldName, label: string): Field => {
  return { kind: 'number', name, label, ...PARAM_LIMITS.seed, step: 1, isWhole: true, isSeed: true };
};
const { size, steps, guidanceScale, count, clipSkip, hiresScale } = PARAM_LIMITS;

export const FIELDS: readonly Field[] = [
  whole('width', 'width', size, size.multipleOf),
  whole('height', 'height', size, size.multipleOf),
  whole('steps', 'steps', steps),
  { kind: 'number', name: 'guidanceScale', label: 'guidance', ...guidanceScale, step: 0.5, isWhole: false },
  seedField('seed', 'seed'),
  whole('count', 'pictures', count),
  { kind: 'choice', name: 'scheduler', label: 'scheduler' },
  { kind: 'choice', name: 'model', label: 'model' },
  { kind: 'path', name: 'init', label: 'start from' },
  share('strength', 'strength'),
  { kind: 'path', name: 'mask', label: 'mask' },
  { kind: 'number', name: 'hiresScale', label: 'hires', min: 1.25, max: hiresScale.max, step: 0.25, isWhole: false },
  share('hiresStrength', 'hires strength'),
  seedField('variationSeed', 'variation'),
  share('variationStrength', 'variation strength'),
  whole('clipSkip', 'clip skip', clipSkip),
  { kind: 'choice', name: 'format', label: 'format' },
];

/** What the server would fill in: from the model's folder, then the common defaults. */
export function defaultOf(name: FieldName, model: ModelSummary | undefined): string | number | undefined {
  if (name === 'guidanceScale') return model?.guidanceScale ?? PARAM_DEFAULTS.guidanceScale;
  if (name === 'scheduler') return model?.scheduler;
  if (name === 'model') return model?.id;
  return Object.hasOwn(PARAM_DEFAULTS, name) ? PARAM_DEFAULTS[name as keyof typeof PARAM_DEFAULTS] : undefined;
}

/** What stands in the panel where nothing is set and nothing would be filled in. */
export const UNSET_WORDS: Partial<Record<FieldName, string>> = { seed: 'random', scheduler: 'the model’s' };

export function choicesOf(name: FieldName, { schedulers, models }: Capabilities): readonly string[] {
  if (name === 'scheduler') return schedulers;
  if (name === 'model') return models.map(({ id }) => id);
  return name === 'format' ? IMAGE_FORMATS : [];
}

/** @returns `values` with the field set, or as if it had never been set */
export function withValue(values: Values, name: FieldName, value: string | number | undefined): Values {
  const { [name]: _, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** One step up or down: the next number, the next choice. Wishes of the model's size are kept. */
export function stepValue(
  field: Field,
  values: Values,
  direction: 1 | -1,
  { capabilities, model }: { capabilities: Capabilities; model: ModelSummary | undefined },
): Values {
  const current = values[field.name] ?? defaultOf(field.name, model);
  if (field.kind === 'choice') {
    const choices = choicesOf(field.name, capabilities);
    const at = choices.indexOf(String(current));
    return withValue(values, field.name, choices[(at + direction + choices.length) % choices.length]);
  }
  if (field.kind === 'path') return values;
  const isSide = field.name === 'width' || field.name === 'height';
  const step = isSide ? (model?.sizeMultipleOf ?? field.step) : field.step;
  const start = typeof current === 'number' ? current : field.min - (direction === 1 ? step : 0);
  // Onto the next multiple, so that a number typed between two of them finds back; thousandths hide binary fractions.
  const next = (direction === 1 ? Math.floor(start / step + 1e-9) + 1 : Math.ceil(start / step - 1e-9) - 1) * step;
  const value = Math.round(Math.min(field.max, Math.max(field.min, next)) * 1000) / 1000;
  return withValue(values, field.name, value);
}

/** What was typed into a field; nothing = as if it had never been set. @returns undefined when it is no number */
export function parseTyped(field: Field, typed: string): { value: string | number | undefined } | undefined {
  const text = typed.trim();
  if (text === '') return { value: undefined };
  if (field.kind !== 'number') return { value: text };
  if (field.isSeed && isRandomSeed(text)) return { value: undefined };
  const seed = field.isSeed ? SeedSchema.safeParse(text).data : undefined;
  if (seed !== undefined) return { value: seed };
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) ? { value } : undefined;
}
