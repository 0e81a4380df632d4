/** What the next pictures are made from: the two prompts, the parameters, and which of them has the keys. Pure. */
import type { Capabilities, ModelSummary } from '../../protocol/messages.js';
import { GenerationParamsSchema, type GenerationRequest, PARAM_DEFAULTS } from '../../protocol/params.js';
import { cutEnd } from '../cell-width.js';
import type { Edit, PromptText } from '../prompt-editor.js';
import { createTextEditor, reduceLine, reduceText, type TextAction, type TextEditor } from '../text-editor.js';
import { afterSending, borrow, type DraftLinks, OWN_DRAFT, redoBorrow, toOwnDraft, undoBorrow } from './draft.js';
import { FIELDS, type FieldName, parseTyped, stepValue, type Values, withValue } from './fields.js';

export type FormPart = 'prompt' | 'negative' | 'fields';

export interface FormState extends DraftLinks {
  prompt: TextEditor;
  negative: TextEditor;
  values: Values;
  /** undefined = keys are commands. */
  focus: FormPart | undefined;
  /** Which row of the panel is chosen. */
  field: number;
  /** Typed into the chosen field and not taken yet. */
  typed: TextEditor | undefined;
  /** What was wrong with what was typed last. */
  trouble: string | undefined;
  /** Set = the next picture forks from this job after this many steps. */
  branch: { base: GenerationRequest; step: number } | undefined;
}

export type FormAction =
  /** Into whatever has the keys: a prompt, or the chosen field. */
  | { type: 'insert'; text: string; isPasted?: boolean }
  | { type: 'edit'; edit: Edit }
  | { type: 'text'; action: TextAction }
  | { type: 'setText'; text: string }
  | { type: 'focus'; on: FormPart | undefined }
  | { type: 'turnFocus'; by: 1 | -1 }
  | { type: 'turnField'; by: 1 | -1 }
  | { type: 'stepField'; by: 1 | -1 }
  | { type: 'setField'; name: FieldName; value: string | number | undefined }
  | { type: 'takeTyped' }
  /** Another picture's settings in place of the draft. @param branch to fork from it */
  | { type: 'take'; request: GenerationRequest; branch?: FormState['branch'] }
  /** Out of the fields, and out of what was taken over: the draft is back. */
  | { type: 'leave' }
  /** What the form says was sent. */
  | { type: 'sent' };

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
    ...{ field: 0, typed: undefined, trouble: undefined, branch: undefined, ...OWN_DRAFT },
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

/** Of what was typed, in a sentence about it: the sentence must be read whole. */
const QUOTE_COLUMNS = 24;

/** The prompt that has the keys, or would have them. */
export function editedOf({ focus, prompt, negative }: FormState): PromptText {
  return (focus === 'negative' ? negative : prompt).prompt;
}

export function modelOf({ values }: Pick<FormState, 'values'>, { models }: Capabilities): ModelSummary | undefined {
  return models.find(({ id }) => id === values.model) ?? models[0];
}

/** Of the pictures that these make, width / height. */
export function aspectOf({ values }: { values: Pick<Values, 'width' | 'height'> }): number {
  return (values.width ?? PARAM_DEFAULTS.width) / (values.height ?? PARAM_DEFAULTS.height);
}

/** A change of what returned from below ends the way forward, as it does in any editor. */
export function reduceForm(form: FormState, action: FormAction, context: FormContext): FormState {
  const next = change(form, action, context);
  const isSameWay = next.after === undefined || next.after !== form.after || isTimeTravel(action);
  return isSameWay || saysTheSame(form, next) ? next : { ...next, after: undefined };
}

function isTimeTravel(action: FormAction): boolean {
  return action.type === 'text' && (action.action.type === 'undo' || action.action.type === 'redo');
}

function saysTheSame(one: FormState, other: FormState): boolean {
  return promptsOf(one).every((text, at) => text === promptsOf(other)[at]) && one.values === other.values;
}

function change(form: FormState, action: FormAction, context: FormContext): FormState {
  switch (action.type) {
    case 'insert':
      return onText(form, { type: action.isPasted === true ? 'paste' : 'type', text: action.text });
    case 'edit':
      return onText(form, { type: 'edit', edit: action.edit });
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
    case 'setField': {
      const values = withValue(form.values, action.name, action.value);
      return { ...form, typed: undefined, trouble: undefined, values };
    }
    case 'takeTyped':
      return takeTyped(form);
    case 'take': {
      const { prompt, ...rest } = action.request;
      return borrow(form, { ...createForm(rest, prompt), branch: action.branch });
    }
    case 'leave':
      return { ...toOwnDraft(takeTyped(form)), focus: undefined };
    case 'sent':
      return afterSending(form);
    default:
      return action satisfies never;
  }
}

/** Where there is nothing to undo in the text itself, taking over another picture's settings is undone. */
function onText(form: FormState, action: TextAction): FormState {
  const next = form.focus === 'fields' ? onField(form, action) : onPrompt(form, action);
  if (next !== form) return next;
  if (action.type === 'undo') return undoBorrow(form);
  return action.type === 'redo' ? redoBorrow(form) : form;
}

function onPrompt(form: FormState, action: TextAction): FormState {
  const part = form.focus === 'negative' ? 'negative' : 'prompt';
  const editor = reduceText(form[part], action);
  return editor === form[part] ? form : { ...form, [part]: editor };
}

/** With nothing typed these take back what is set. */
const CLEARING: readonly Edit[] = ['backspace', 'delete', 'deleteToStart'];

/** Typing begins a new value, moving the caret begins to edit the one that is set. */
function onField(form: FormState, action: TextAction): FormState {
  const { kind, name } = FIELDS[form.field];
  const isEdit = action.type === 'edit';
  if (form.typed === undefined && isEdit && CLEARING.includes(action.edit))
    return { ...form, values: withValue(form.values, name, undefined) };
  if (kind === 'choice') return form;
  const typed = reduceLine(form.typed ?? createTextEditor(isEdit ? String(form.values[name] ?? '') : ''), action);
  if (typed === form.typed || (form.typed === undefined && isNothing(typed))) return form;
  return { ...form, typed: isNothing(typed) ? undefined : typed, trouble: undefined };
}

/** Empty, and not by deleting what was set. */
function isNothing({ prompt, undo }: TextEditor): boolean {
  return prompt.text === '' && (undo[0] ?? prompt).text === '';
}

function takeTyped(form: FormState): FormState {
  if (form.typed === undefined) return { ...form, trouble: undefined };
  const field = FIELDS[form.field];
  const { text } = form.typed.prompt;
  const parsed = parseTyped(field, text);
  if (parsed === undefined)
    return { ...form, typed: undefined, trouble: `${field.label}: ${cutEnd(text, QUOTE_COLUMNS)} is not a number` };
  const values = withValue(form.values, field.name, parsed.value);
  return { ...form, typed: undefined, trouble: undefined, values };
}

function step(form: FormState, by: 1 | -1, { capabilities }: FormContext): FormState {
  const [field, model] = [FIELDS[form.field], modelOf(form, capabilities)];
  // A path has no next one: there the caret moves.
  if (field.kind === 'path') return onField(form, { type: 'edit', edit: by === 1 ? 'right' : 'left' });
  return { ...form, values: stepValue(field, form.values, by, { capabilities, model }) };
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
