/** The commands of the prompt fields and the parameter panel. */
import { PARAM_DEFAULTS } from '../../protocol/params.js';
import { targetOf } from '../state/context.js';
import { MAX_FRAMES } from '../state/cull-state.js';
import { choicesOf, defaultOf, FIELDS, type FieldName } from '../state/fields.js';
import { modelOf } from '../state/form-state.js';
import { EMPTY_LINE } from '../state/overlay.js';
import { type CommandDeps, hint, tellDraftIsBack } from './deps.js';

export function createFormCommands({ store, measures, keys, submit, editPrompt }: CommandDeps) {
  const { getState, dispatch } = store;

  /** Of the chosen field, or of the number that a question asks for. */
  function step(by: 1 | -1): void {
    const { overlay, form } = getState();
    const steps = form.values.steps ?? PARAM_DEFAULTS.steps;
    if (overlay !== undefined) dispatch({ type: 'overlayStepped', by, limits: { seeds: MAX_FRAMES, steps } });
    else dispatch({ type: 'stepField', by });
  }

  /** What was typed is taken, a list is opened; with nothing to take it generates. */
  function takeField(): void {
    const { form } = getState();
    const field = FIELDS[form.field];
    if (form.typed !== undefined) dispatch({ type: 'takeTyped' });
    else if (field.kind !== 'choice') void submit();
    else openPicker(field.name);
  }

  /** On the value that is set, or would be filled in. */
  function openPicker(field: FieldName): void {
    const { form, capabilities } = getState();
    const value = form.values[field] ?? defaultOf(field, modelOf(form, capabilities));
    const row = Math.max(0, choicesOf(field, capabilities).indexOf(String(value)));
    dispatch({ type: 'open', overlay: { kind: 'picker', field, query: EMPTY_LINE, row } });
  }

  function lockSeed(): void {
    const { form } = getState();
    const seed = form.values.seed === undefined ? targetOf(getState()).request?.seed : undefined;
    dispatch({ type: 'setField', name: 'seed', value: seed });
    hint(store, seed === undefined ? 'Each picture gets a seed of its own.' : `The seed stays ${seed}.`);
  }

  /** Between the lines of the prompt; past its first and last one through the history. */
  function line(by: 1 | -1): void {
    const before = getState().form;
    dispatch({ type: 'text', action: { type: by === -1 ? 'up' : 'down', columns: measures.promptColumns } });
    const isAtEdge = getState().form.prompt === before.prompt;
    if (before.focus === 'prompt' && isAtEdge) dispatch({ type: 'recall', direction: by === -1 ? 'older' : 'newer' });
  }

  /** Out of the field, and out of a branch or another picture's settings. */
  function leave(): void {
    const { isBorrowed } = getState().form;
    dispatch({ type: 'leave' });
    if (isBorrowed) tellDraftIsBack({ store, keys });
  }

  return {
    leave,
    lockSeed,
    takeField,
    generate: () => void submit(),
    editor: editPrompt,
    newline: () => dispatch({ type: 'insert', text: '\n' }),
    lineUp: () => line(-1),
    lineDown: () => line(1),
    older: () => dispatch({ type: 'recall', direction: 'older' }),
    newer: () => dispatch({ type: 'recall', direction: 'newer' }),
    searchHistory: () => dispatch({ type: 'open', overlay: { kind: 'search', query: EMPTY_LINE, row: 0 } }),
    nextPart: () => dispatch({ type: 'turnFocus', by: 1 }),
    previousPart: () => dispatch({ type: 'turnFocus', by: -1 }),
    fieldUp: () => dispatch({ type: 'turnField', by: -1 }),
    fieldDown: () => dispatch({ type: 'turnField', by: 1 }),
    less: () => step(-1),
    more: () => step(1),
  };
}
