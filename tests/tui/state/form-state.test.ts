import { describe, expect, test } from 'vitest';
import { FIELDS, type FieldName, type Values } from '../../../src/tui/state/fields.js';
import {
  createForm,
  type FormAction,
  type FormState,
  issuesOf,
  reduceForm,
} from '../../../src/tui/state/form-state.js';
import { CAPABILITIES } from '../../support/tui-state.js';

const context = { capabilities: CAPABILITIES };
const formAfter = (values: Values, ...actions: FormAction[]): FormState =>
  actions.reduce((form, action) => reduceForm(form, action, context), createForm(values));
const at = (name: FieldName): FormAction[] => [
  { type: 'focus', on: 'fields' },
  ...Array.from(
    { length: FIELDS.findIndex((field) => field.name === name) },
    (): FormAction => ({ type: 'turnField', by: 1 }),
  ),
];
const type = (text: string): FormAction => ({ type: 'insert', text });
const [more, less]: FormAction[] = [
  { type: 'stepField', by: 1 },
  { type: 'stepField', by: -1 },
];
const take: FormAction = { type: 'takeTyped' };

describe('the parts', () => {
  test('take turns, and Esc leaves them', () => {
    const turn: FormAction = { type: 'turnFocus', by: 1 };
    const places = [0, 1, 2, 3].map((turns) => formAfter({}, ...Array<FormAction>(turns).fill(turn)).focus);
    expect(places).toEqual(['prompt', 'negative', 'fields', 'prompt']);
    expect(formAfter({}, { type: 'turnFocus', by: -1 }).focus).toBe('fields');
    expect(formAfter({}, { type: 'focus', on: undefined }).focus).toBeUndefined();
  });

  test('text goes to the one with the keys', () => {
    const form = formAfter({}, type('a lake'), { type: 'turnFocus', by: 1 }, type('fogg'), {
      type: 'edit',
      edit: 'backspace',
    });
    expect([form.prompt.prompt.text, form.negative.prompt.text]).toEqual(['a lake', 'fog']);
  });
});

describe('a field', () => {
  test.each<[FieldName, Values, FormAction[], unknown]>([
    ['steps', { steps: 10 }, [more], 11],
    ['steps', {}, [less], 24],
    ['steps', { steps: 100 }, [more], 100],
    ['width', {}, [more], 544],
    ['width', { width: 300 }, [more], 320],
    ['width', { width: 300 }, [less], 288],
    ['width', { model: 'large' }, [more], 520],
    ['guidanceScale', {}, [more], 4.5],
    ['guidanceScale', { guidanceScale: 0 }, [less], 0],
    ['strength', { strength: 0.6 }, [more], 0.65],
    ['hiresScale', {}, [more], 1.25],
    ['scheduler', {}, [more], 'euler'],
    ['scheduler', { scheduler: 'euler' }, [more], 'ddim'],
    ['model', {}, [more], 'large'],
    ['format', {}, [less], 'jpeg'],
    ['seed', {}, [more], 0],
    ['init', { init: 'a.png' }, [more], 'a.png'],
  ])('%s of %o is stepped', (name, values, actions, expected) => {
    expect(formAfter(values, ...at(name), ...actions).values[name]).toBe(expected);
  });

  test.each<[FieldName, string, unknown]>([
    ['steps', '30', 30],
    ['guidanceScale', '7,5', 7.5],
    ['seed', '4294967295', 4294967295],
    ['seed', '18446744073709551615', 4294967295],
    ['seed', '9007199254740993', 1],
    ['seed', '-1', undefined],
    ['variationSeed', '9007199254740993', 1],
    ['init', '~/my picture.png', '~/my picture.png'],
  ])('%s takes what is typed: %s', (name, typed, expected) => {
    expect(formAfter({}, ...at(name), type(typed), take).values[name]).toBe(expected);
    // So does moving on.
    expect(formAfter({}, ...at(name), type(typed), { type: 'turnField', by: 1 }).values[name]).toBe(expected);
  });

  test('keeps its value when no number was typed, and says so until something else is done', () => {
    const form = formAfter({ steps: 10 }, ...at('steps'), type('many'), take);
    expect(form).toMatchObject({ values: { steps: 10 }, typed: undefined, trouble: 'steps: many is not a number' });
    expect(reduceForm(form, type('2'), context).trouble).toBeUndefined();
  });

  test('is emptied by the keys that delete: first what was typed, then what was set', () => {
    const back: FormAction = { type: 'edit', edit: 'backspace' };
    const typed = formAfter({ steps: 10 }, ...at('steps'), type('25'), back);
    expect(typed.typed?.prompt.text).toBe('2');
    const form = [back, back].reduce((before, action) => reduceForm(before, action, context), typed);
    expect(form.typed).toBeUndefined();
    expect(form.values).not.toHaveProperty('steps');
  });

  test('of choices takes no letters', () => {
    expect(formAfter({}, ...at('scheduler'), type('eu')).typed).toBeUndefined();
  });

  test('the list of them is a ring', () => {
    const form = formAfter({}, { type: 'focus', on: 'fields' }, { type: 'turnField', by: -1 });
    expect(form.field).toBe(FIELDS.length - 1);
  });
});

describe('what is wrong', () => {
  test.each<[Values, FieldName, RegExp]>([
    [{ steps: 0 }, 'steps', /from 1 to 100/],
    [{ width: 32 }, 'width', /from 64 to 2048/],
    [{ seed: 2 ** 64 }, 'seed', /from 0 to 18446744073709551615/],
    [{ width: 300 }, 'width', /multiples? of/],
    [{ width: 264 }, 'width', /this model makes multiples of 32/],
    [{ strength: 0.5 }, 'init', /needed by strength/],
    [{ mask: 'm.png' }, 'init', /needed by/],
    [{ variationSeed: 1 }, 'variationStrength', /goes together/],
    [{ width: 1024, hiresScale: 4 }, 'hiresScale', /above 2048/],
  ])('%o is told at its field', (values, name, words) => {
    expect(issuesOf({ values }, CAPABILITIES).get(name)).toMatch(words);
  });

  test('nothing of what is right', () => {
    const values = {
      width: 512,
      init: 'a.png',
      mask: 'm.png',
      strength: 0.5,
      variationSeed: 1,
      variationStrength: 0.1,
    };
    expect(issuesOf({ values }, CAPABILITIES).size).toBe(0);
  });
});

describe('the draft under another picture’s settings', () => {
  const request = { prompt: 'a barn', steps: 7, seed: 3 };
  const take = (more: object = {}): FormAction => ({ type: 'take', request: { ...request, ...more } });
  const branch: FormAction = { type: 'take', request, branch: { base: request, step: 3 } };
  const undo: FormAction = { type: 'text', action: { type: 'undo' } };
  const redo: FormAction = { type: 'text', action: { type: 'redo' } };
  const leave: FormAction = { type: 'leave' };
  const says = (form: FormState) => [form.prompt.prompt.text, form.negative.prompt.text, form.values];
  const draft = [type('a lake'), { type: 'turnFocus', by: 1 } as const, type('fog'), more] satisfies FormAction[];
  const own = ['a lake', 'fog', { steps: 10 }];

  test.each<[string, FormAction[], unknown]>([
    ['leaving', [take(), leave], own],
    ['undo', [take(), undo], own],
    ['undo after what was typed', [take(), type('s'), undo, undo], own],
    ['leaving two of them', [take(), type('s'), take({ prompt: 'x' }), leave], own],
    ['undo, one of them', [take(), type('s'), take({ prompt: 'x' }), undo], ['a barns', '', { steps: 7, seed: 3 }]],
    ['leaving a branch', [branch, type('s'), leave], own],
    ['a fork that was sent', [branch, type('s'), { type: 'sent' }], own],
    ['redo', [take(), type('s'), leave, redo], ['a barns', '', { steps: 7, seed: 3 }]],
    ['redo, not what was undone before', [undo, take(), undo, redo], ['a barn', '', { steps: 7, seed: 3 }]],
    ['undo and redo to the end', [take(), type('s'), undo, undo, redo, redo], ['a barns', '', { steps: 7, seed: 3 }]],
    [
      'settings that were sent: they are the draft',
      [take(), { type: 'sent' }, leave],
      ['a barn', '', { steps: 7, seed: 3 }],
    ],
    ['and even those are undone', [take(), { type: 'sent' }, undo], own],
    ['a change: it ends the way forward', [take(), leave, type('r'), redo], ['a laker', 'fog', { steps: 10 }]],
    [
      'undo below the draft, and forward again',
      [take(), leave, undo, redo, redo],
      ['a barn', '', { steps: 7, seed: 3 }],
    ],
  ])('is right after %s', (_, actions, expected) => {
    const drafted = formAfter({ steps: 10 }, ...draft.slice(0, 3), { type: 'focus', on: undefined });
    expect(says(actions.reduce((form, action) => reduceForm(form, action, context), drafted))).toEqual(expected);
  });

  test('a fork that was sent leaves no branch behind', () => {
    expect(formAfter({}, branch, { type: 'sent' })).toMatchObject({ branch: undefined, focus: undefined });
  });
});

test('a job is taken into the form, but for its pictures, which are no files here', () => {
  const request = { prompt: 'a lake', negativePrompt: 'fog', steps: 7, seed: 3, initImage: 'AAAA', strength: 0.5 };
  const form = formAfter({ steps: 10 }, { type: 'take', request });
  expect([form.prompt.prompt.text, form.negative.prompt.text]).toEqual(['a lake', 'fog']);
  expect(form.values).toEqual({ steps: 7, seed: 3 });
});
