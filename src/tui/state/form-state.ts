/** What the next pictures are made from: the two prompts, the parameters, and which of them has the keys. Pure. */
import type { Capabilities, ModelSummary } from '../../protocol/messages.js';
import { GenerationParamsSchema, type GenerationRequest, PARAM_DEFAULTS } from '../../protocol/params.js';
import type { Edit, PromptText } from '../prompt-editor.js';
import { createTextEditor, reduceText, type TextAction, type TextEditor } from '../text-editor.js';
import { FIELDS, type FieldName, parseTyped, stepValue, type Values, withValue } from './fields.js';

export type FormPart = 'prompt' | 'negative' | 'fields';

export interface FormState {
  prompt: TextEditor;
  negative: TextEditor;
  values: Values;
  /** undefined = keys are commands. */
  focus: FormPart | undefined;
  /** Which row of the panel is chosen. */
  field: number;
  /** Typed into the chosen field and not taken yet. */
  typed: string | undefined;
  /** What was wrong with what was typed last. */
  trouble: string | undefined;
  /** Set = the next picture forks from this job after this many steps. */
  branch: { base: GenerationRequest; step: number } | undefined;
}

export type FormAction =
  /** Into whatever has the keys: a prompt, or the chosen field. */
  | { type: 'insert'; text: string; isPasted?: boolean }
  | { type: 'edit'; edit: Edit }
  /** What only a prompt knows. */
  | { type: 'text'; action: TextAction }
  | { type: 'setText'; text: string }
  | { type: 'focus'; on: FormPart | undefined }
  | { type: 'turnFocus'; by: 1 | -1 }
  | { type: 'turnField'; by: 1 | -1 }
  | { type: 'stepField'; by: 1 | -1 }
  | { type: 'setField'; name: FieldName; value: string | number | undefined }
  | { type: 'takeTyped' }
  | { type: 'branch'; branch: FormState['branch'] }
  | { type: 'take'; request: GenerationRequest };

export interface FormContext {
  capabilities: Capabilities;
}

const PARTS: readonly FormPart[] = ['prompt', 'negative', 'fields'];

export function createForm(
  { negativePrompt = '', ...values }: Omit<GenerationRequest, 'prompt'>,
  prompt = '',
): FormState {
  return {
    prompt: createTextEditor(prompt),
    negative: createTextEditor(negativePrompt),
    values: withoutPictures(values),
    focus: 'prompt',
    ...{ field: 0, typed: undefined, trouble: undefined, branch: undefined },
  };
}

/** Pictures that were sent are not on this disk under a name: whoever takes such a job chooses them again. */
function withoutPictures(values: Omit<GenerationRequest, 'prompt' | 'negativePrompt'>): Values {
  const { initImage, maskImage, strength, ...rest } = values;
  return initImage === undefined && strength !== undefined ? { ...rest, strength } : rest;
}

/** As it stands in the fields. */
export function promptsOf({ prompt, negative }: Pick<FormState, 'prompt' | 'negative'>): [string, string] {
  return [prompt.prompt.text, negative.prompt.text];
}

/** The prompt that has the keys, or would have them. */
export function editedOf({ focus, prompt, negative }: FormState): PromptText {
  return (focus === 'negative' ? negative : prompt).prompt;
}

export function modelOf({ values }: Pick<FormState, 'values'>, { models }: Capabilities): ModelSummary | undefined {
  return models.find(({ id }) => id === values.model) ?? models[0];
}

/** Of the pictures to come, width / height. */
export function aspectOf({ values }: Pick<FormState, 'values'>): number {
  return (values.width ?? PARAM_DEFAULTS.width) / (values.height ?? PARAM_DEFAULTS.height);
}

export function reduceForm(form: FormState, action: FormAction, context: FormContext): FormState {
  switch (action.type) {
    case 'insert':
      return type(form, action);
    case 'edit':
      return edit(form, action.edit);
    case 'setText':
      return onText(form, { type: 'replace', text: action.text });
    case 'text':
      return onText(form, action.action);
    case 'focus':
      return { ...takeTyped(form), focus: action.on };
    case 'turnFocus': {
      const at = form.focus === undefined ? (action.by === 1 ? -1 : 0) : PARTS.indexOf(form.focus);
      return { ...takeTyped(form), focus: PARTS[(at + action.by + PARTS.length) % PARTS.length] };
    }
    case 'turnField':
      return { ...takeTyped(form), field: (form.field + action.by + FIELDS.length) % FIELDS.length };
    case 'stepField':
      return step(takeTyped(form), action.by, context);
    case 'setField':
      return {
        ...form,
        typed: undefined,
        trouble: undefined,
        values: withValue(form.values, action.name, action.value),
      };
    case 'takeTyped':
      return takeTyped(form);
    case 'branch':
      return { ...form, branch: action.branch };
    case 'take': {
      const { prompt, ...rest } = action.request;
      return { ...createForm(rest, prompt), field: form.field };
    }
    default:
      return action satisfies never;
  }
}

function onText(form: FormState, action: TextAction): FormState {
  const part = form.focus === 'negative' ? 'negative' : 'prompt';
  return { ...form, [part]: reduceText(form[part], action) };
}

function type(form: FormState, { text, isPasted = false }: Extract<FormAction, { type: 'insert' }>): FormState {
  if (form.focus !== 'fields') return onText(form, { type: isPasted ? 'paste' : 'type', text });
  const line = text.replace(/\p{Control}/gu, '');
  if (FIELDS[form.field].kind === 'choice' || line === '') return form;
  return { ...form, typed: (form.typed ?? '') + line, trouble: undefined };
}

/** In the panel the keys that delete take back what was typed, then what was set. */
function edit(form: FormState, name: Edit): FormState {
  if (form.focus !== 'fields') return onText(form, { type: 'edit', edit: name });
  if (name !== 'backspace' && name !== 'delete' && name !== 'deleteToStart') return form;
  if (form.typed === undefined) return { ...form, values: withValue(form.values, FIELDS[form.field].name, undefined) };
  const shorter = name === 'backspace' ? [...form.typed].slice(0, -1).join('') : '';
  return { ...form, typed: shorter === '' ? undefined : shorter, trouble: undefined };
}

function takeTyped(form: FormState): FormState {
  if (form.typed === undefined) return { ...form, trouble: undefined };
  const field = FIELDS[form.field];
  const parsed = parseTyped(field, form.typed);
  if (parsed === undefined)
    return { ...form, typed: undefined, trouble: `${field.label}: ${form.typed} is not a number` };
  const values = withValue(form.values, field.name, parsed.value);
  return { ...form, typed: undefined, trouble: undefined, values };
}

function step(form: FormState, by: 1 | -1, { capabilities }: FormContext): FormState {
  const model = modelOf(form, capabilities);
  return { ...form, values: stepValue(FIELDS[form.field], form.values, by, { capabilities, model }) };
}

/** Any picture at all: whether there is one is all that the rules ask. */
const SOME_PICTURE = 'AAAA';
const FIELD_OF_PATH: Record<string, FieldName> = { initImage: 'init', maskImage: 'mask' };

/** What is wrong with the parameters, by field, in the words of the schema and of the model. */
export function issuesOf(form: Pick<FormState, 'values'>, capabilities: Capabilities): ReadonlyMap<FieldName, string> {
  const { init, mask, ...rest } = form.values;
  const request = {
    ...{ prompt: 'x', ...rest },
    ...(init !== undefined && { initImage: SOME_PICTURE }),
    ...(mask !== undefined && { maskImage: SOME_PICTURE }),
  };
  const issues = new Map<FieldName, string>();
  for (const { path, message } of GenerationParamsSchema.safeParse(request).error?.issues ?? []) {
    const name = String(path[0]);
    issues.set(FIELD_OF_PATH[name] ?? (name as FieldName), message);
  }
  const multiple = modelOf(form, capabilities)?.sizeMultipleOf ?? 1;
  for (const side of ['width', 'height'] as const) {
    if (!issues.has(side) && (form.values[side] ?? 0) % multiple !== 0)
      issues.set(side, `this model makes multiples of ${multiple}`);
  }
  return issues;
}
