import { describe, expect, test } from 'vitest';
import { createForm } from '../../../src/tui/state/form-state.js';
import { toBranch, toDraft, withHires, withMoreSteps, withVariations } from '../../../src/tui/state/request.js';

test('the form is sent as it stands, with the paths of its pictures beside it', () => {
  const form = createForm({ negativePrompt: ' fog ', steps: 7 }, ' a lake\nat night ');
  const { values } = form;
  expect(toDraft({ ...form, values: { ...values, init: 'a.png', strength: 0.5 } })).toEqual({
    request: { prompt: 'a lake\nat night', negativePrompt: 'fog', steps: 7, strength: 0.5 },
    init: 'a.png',
    mask: undefined,
  });
  expect(toDraft(createForm({}, 'a lake')).request).toEqual({ prompt: 'a lake' });
});

describe('a branch', () => {
  const base = { prompt: 'a lake', negativePrompt: 'fog', steps: 20, guidanceScale: 4, seed: 42, count: 3 };
  const branch = { base, step: 8 };
  const toForm = (changes: object) => ({ ...createForm({ ...base, ...changes }, 'a lake'), branch });

  test.each([
    [{ guidanceScale: 9 }, { branchGuidanceScale: 9 }],
    [{ seed: 7 }, { branchSeed: 7 }],
    [{ negativePrompt: '' }, { branchNegativePrompt: '' }],
  ])('by %o takes over after the step', (changes, expected) => {
    expect(toBranch(toForm(changes))).toEqual({ ...base, count: 1, branchStep: 8, ...expected });
  });

  test('by another prompt', () => {
    const form = { ...createForm(base, 'a sea'), branch };
    expect(toBranch(form)).toEqual({ ...base, count: 1, branchStep: 8, branchPrompt: 'a sea' });
  });

  test('is none when nothing is different, or what is cannot change midway', () => {
    expect(toBranch(toForm({}))).toBeUndefined();
    expect(toBranch(toForm({ steps: 30 }))).toBeUndefined();
    expect(toBranch({ ...toForm({ seed: 7 }), branch: undefined })).toBeUndefined();
  });
});

test('more steps are half as many again, up to the limit', () => {
  expect(withMoreSteps({ prompt: 'x' }).steps).toBe(38);
  expect(withMoreSteps({ prompt: 'x', steps: 80 }).steps).toBe(100);
});

test('hires doubles, or goes as far as it may, once', () => {
  expect(withHires({ prompt: 'x' })?.hiresScale).toBe(2);
  expect(withHires({ prompt: 'x', width: 1024 })?.hiresScale).toBe(2);
  expect(withHires({ prompt: 'x', hiresScale: 1.5 })).toBeUndefined();
});

test('variations keep the seed and lean to others', () => {
  const request = { prompt: 'x', seed: 5 };
  expect(withVariations(request, 9)).toEqual({ ...request, count: 4, variationSeed: 9, variationStrength: 0.2 });
});
