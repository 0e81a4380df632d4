import { describe, expect, test } from 'vitest';
import type { JobEvent } from '../../src/protocol/messages.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { type Action, createState, modeOf, reduce, type State } from '../../src/tui/state.js';

const ids = { jobId: 'b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d10', seq: 1 };
const request: GenerationRequest = { prompt: 'a lake', steps: 10, count: 2 };
const event = (fields: Record<string, unknown>): Action => ({
  type: 'event',
  event: { ...ids, ...fields } as JobEvent,
});
const progress = (image: number, step: number, elapsedMs: number) =>
  event({ type: 'progress', image, step, steps: 10, elapsedMs, etaMs: 500 });

function stateAfter(...actions: Action[]): State {
  return actions.reduce(reduce, createState({ steps: 10 }));
}
const running = (...actions: Action[]) => stateAfter({ type: 'submitted', request }, ...actions);

describe('the prompt', () => {
  test('takes text and edits', () => {
    const state = stateAfter({ type: 'insert', text: 'a lakes' }, { type: 'edit', edit: 'backspace' });
    expect(state.prompt).toEqual({ text: 'a lake', cursor: 6 });
    expect(modeOf(state)).toBe('editing');
  });

  test('starts with the given one', () => {
    expect(createState({}, 'a lake').prompt).toEqual({ text: 'a lake', cursor: 6 });
  });

  test('recalls earlier prompts and the draft', () => {
    const submit = (prompt: string): Action => ({ type: 'submitted', request: { prompt } });
    const older: Action = { type: 'recall', direction: 'older' };
    const newer: Action = { type: 'recall', direction: 'newer' };
    let state = stateAfter(submit('one'), submit('two'), submit('two'), { type: 'insert', text: 'draft' });
    const texts = [older, older, older, newer, newer, newer].map((action) => {
      state = reduce(state, action);
      return state.prompt.text;
    });
    expect(texts).toEqual(['two', 'one', 'one', 'two', 'draft', 'draft']);
  });

  test('the first press goes past the prompt that still stands in the field', () => {
    const submit = (prompt: string): Action => ({ type: 'submitted', request: { prompt } });
    const state = stateAfter(submit('one'), { type: 'insert', text: 'two' }, submit('two'), {
      type: 'recall',
      direction: 'older',
    });
    expect(state.prompt.text).toBe('one');
  });
});

describe('a job', () => {
  test('is watched from the moment it is sent', () => {
    const state = running();
    expect(modeOf(state)).toBe('watching');
    expect(state).toMatchObject({ job: { stage: 'sending', cancelling: false }, last: request, focus: 'commands' });
  });

  test('waits in the queue, then goes through its stages', () => {
    expect(running(event({ type: 'queued', position: 2 })).job).toMatchObject({ stage: 'queued', position: 2 });
    expect(running(event({ type: 'stage', name: 'download', fraction: 0.5 })).job).toMatchObject({
      stage: 'download',
      fraction: 0.5,
    });
    expect(running(event({ type: 'stage', name: 'encode' })).job).toMatchObject({
      stage: 'encode',
      fraction: undefined,
    });
  });

  test('tells which seed it used, so that it can be made again', () => {
    expect(running(event({ type: 'started', seeds: [42, 43] })).last).toEqual({ ...request, seed: 42 });
  });

  test('knows no rate after one step, the exact one after two, a mean later', () => {
    const rate = (...actions: Action[]) => running(...actions).job?.progress?.stepsPerSecond;
    expect(rate(progress(0, 1, 1000))).toBeUndefined();
    expect(rate(progress(0, 1, 1000), progress(0, 2, 1100))).toBeCloseTo(10);
    expect(rate(progress(0, 1, 1000), progress(0, 2, 1100), progress(0, 3, 1300))).toBeCloseTo(9);
  });

  test('counts merged steps and the step into the next picture', () => {
    const rate = (...actions: Action[]) => running(...actions).job?.progress?.stepsPerSecond;
    expect(rate(progress(0, 1, 1000), progress(0, 5, 1400))).toBeCloseTo(10);
    expect(rate(progress(0, 9, 1000), progress(1, 1, 1200))).toBeCloseTo(10);
    expect(rate(progress(0, 1, 1000), progress(0, 2, 1100), progress(0, 2, 1100))).toBeCloseTo(10);
  });

  test('has the count that was asked for', () => {
    expect(running(progress(1, 3, 10)).job?.progress).toMatchObject({ image: 1, count: 2, step: 3, steps: 10 });
  });

  test.each([
    [event({ type: 'completed', seeds: [1], timings: { queuedMs: 0, totalMs: 1 } }), undefined],
    [event({ type: 'cancelled' }), { kind: 'hint', text: 'Cancelled.' }],
    [event({ type: 'failed', code: 'ENGINE_FAILED', message: 'it broke' }), { kind: 'error', text: 'it broke' }],
    [{ type: 'broken', message: 'the link was lost' } as Action, { kind: 'error', text: 'the link was lost' }],
  ])('ends', (ending, notice) => {
    const state = running(progress(0, 1, 10), ending);
    expect(state).toMatchObject({ job: undefined, notice });
    expect(modeOf(state)).toBe('idle');
  });

  test('is marked when it is told to stop; nothing happens without one', () => {
    expect(running({ type: 'cancelling' }).job?.cancelling).toBe(true);
    expect(stateAfter({ type: 'cancelling' }).job).toBeUndefined();
  });

  test('that has ended is not changed by late events', () => {
    const state = stateAfter(progress(0, 1, 10));
    expect(state.job).toBeUndefined();
  });

  test('leaves its results', () => {
    const result = { path: 'out/a.png', seed: 42 };
    expect(running({ type: 'saved', result }).results).toEqual([result]);
  });
});

test('a notice goes when something new is done', () => {
  const notice: Action = { type: 'notice', notice: { kind: 'error', text: 'no' } };
  expect(stateAfter(notice, { type: 'insert', text: 'a' }).notice).toBeUndefined();
  expect(stateAfter(notice, { type: 'focus', on: 'commands' }).notice).toBeUndefined();
  expect(stateAfter(notice, { type: 'submitted', request }).notice).toBeUndefined();
});

test('the help page opens, closes, and makes way for a picture', () => {
  const help: Action = { type: 'toggleHelp' };
  expect(stateAfter(help).help).toBe(true);
  expect(stateAfter(help, help).help).toBe(false);
  expect(stateAfter(help, { type: 'submitted', request }).help).toBe(false);
});
