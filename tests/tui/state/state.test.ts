import { describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/protocol/messages.js';
import { contextOf, idleCommands, targetOf } from '../../../src/tui/state/context.js';
import { EMPTY_LINE } from '../../../src/tui/state/overlay.js';
import { type Action, activeJobs, queueJobs, reduce, resultsOf, type State } from '../../../src/tui/state/state.js';
import { JOB, OTHER_JOB, reduceAll, stateAfter } from '../../support/tui-state.js';

const submit = (jobId: string, prompt = 'a lake'): Action => ({ type: 'submitted', jobId, request: { prompt } });
const event = (jobId: string, fields: Record<string, unknown>): Action => ({
  type: 'event',
  event: { jobId, seq: 1, ...fields } as JobEvent,
});
const started = (jobId: string, seed = 42) => event(jobId, { type: 'started', seeds: [seed] });
const completed = (jobId: string) =>
  event(jobId, { type: 'completed', seeds: [42], timings: { queuedMs: 0, totalMs: 1 } });
const saved = (jobId: string, path: string): Action => ({ type: 'saved', jobId, result: { path, seed: 42 } });
const insert = (text: string): Action => ({ type: 'insert', text });

describe('jobs', () => {
  test('the first is watched from the moment it is sent; whoever writes goes on writing', () => {
    const state = stateAfter(insert('a lake'), submit(JOB));
    expect(state).toMatchObject({ watched: JOB, form: { focus: 'prompt' } });
  });

  test('more are sent while one runs; the one that runs stays on screen, then the next', () => {
    const both = stateAfter(submit(JOB), started(JOB), submit(OTHER_JOB));
    expect(both.watched).toBe(JOB);
    expect(activeJobs(both)).toHaveLength(2);
    const next = reduceAll(both, completed(JOB), started(OTHER_JOB));
    expect(next.watched).toBe(OTHER_JOB);
    expect(reduce(both, started(OTHER_JOB)).watched).toBe(JOB);
  });

  test('each has its own results, all are told', () => {
    const state = stateAfter(submit(JOB), submit(OTHER_JOB), saved(OTHER_JOB, 'b.png'), saved(JOB, 'a.png'));
    expect(queueJobs(state).map(({ results }) => results[0].path)).toEqual(['b.png', 'a.png']);
    expect(resultsOf(state)).toHaveLength(2);
  });

  test('an ending of the watched one is told, of another one not', () => {
    const failed = (jobId: string) => event(jobId, { type: 'failed', code: 'X', message: 'it broke' });
    const state = stateAfter(submit(JOB), submit(OTHER_JOB));
    expect(reduce(state, failed(JOB)).notice).toEqual({ kind: 'error', text: 'it broke' });
    expect(reduce(state, failed(OTHER_JOB)).notice).toBeUndefined();
    expect(reduce(state, event(JOB, { type: 'cancelled' })).notice).toEqual({ kind: 'hint', text: 'Cancelled.' });
  });

  test('the notes on any of them are shown', () => {
    const state = stateAfter(submit(JOB), submit(OTHER_JOB));
    const encode = event(OTHER_JOB, { type: 'stage', name: 'encode', notes: ['One.', 'Two.'] });
    expect(reduce(state, encode).notice).toEqual({ kind: 'hint', text: 'One. Two.' });
    expect(reduceAll(state, encode, event(JOB, { type: 'stage', name: 'encode' })).notice?.text).toBe('One. Two.');
  });

  test('events of an unknown one change nothing', () => {
    const state = stateAfter(submit(JOB));
    expect(reduce(state, completed(OTHER_JOB)).jobs).toEqual(state.jobs);
  });

  test('whoever walks in the list stays on the row when a new one comes', () => {
    const state = stateAfter(submit(JOB), submit(OTHER_JOB), { type: 'queueMoved', by: 1 });
    expect(queueJobs(state)[state.queueRow].jobId).toBe(JOB);
    const more = reduce(state, submit('b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d12'));
    expect(queueJobs(more)[more.queueRow].jobId).toBe(JOB);
  });
});

describe('the prompt’s history', () => {
  const older: Action = { type: 'recall', direction: 'older' };
  const newer: Action = { type: 'recall', direction: 'newer' };

  test('recalls earlier prompts and the draft', () => {
    let state = stateAfter(
      submit(JOB, 'one'),
      submit(JOB, 'two'),
      submit(JOB, 'two'),
      { type: 'focus', on: 'prompt' },
      insert('draft'),
    );
    const texts = [older, older, older, newer, newer, newer].map((action) => {
      state = reduce(state, action);
      return state.form.prompt.prompt.text;
    });
    expect(texts).toEqual(['two', 'one', 'one', 'two', 'draft', 'draft']);
  });

  test('a job that the form did not send moves nobody who walks, and keeps the draft', () => {
    const walked = stateAfter(submit(JOB, 'one'), submit(JOB, 'two'), insert('draft'), older, older);
    expect(walked.form.prompt.prompt.text).toBe('one');
    const more = reduceAll(walked, submit(OTHER_JOB, 'three'), newer);
    expect(more.form.prompt.prompt.text).toBe('two');
    expect(reduceAll(more, newer, newer).form.prompt.prompt.text).toBe('draft');
  });

  test('of a fork its own words are remembered', () => {
    const request = { prompt: 'one', branchPrompt: 'one at night' };
    const state = stateAfter({ type: 'submitted', jobId: JOB, request });
    expect(state.history.entries).toEqual(['one at night']);
  });

  test('the first press goes past the prompt that still stands in the field', () => {
    expect(stateAfter(submit(JOB, 'one'), insert('two'), submit(JOB, 'two'), older).form.prompt.prompt.text).toBe(
      'one',
    );
  });
});

test('a notice goes when something new is done', () => {
  const notice: Action = { type: 'notice', notice: { kind: 'error', text: 'no' } };
  for (const action of [insert('a'), submit(JOB), { type: 'focus', on: undefined } as const])
    expect(stateAfter(notice, action).notice).toBeUndefined();
});

describe('who has the keys', () => {
  const focus: Action = { type: 'focus', on: undefined };
  const gallery: Action = { type: 'screen', to: 'gallery' };
  test.each<[string, Action[]]>([
    ['prompt', []],
    ['fields', [{ type: 'focus', on: 'fields' }]],
    ['create', [focus]],
    ['queue', [{ type: 'screen', to: 'queue' }]],
    ['gallery', [gallery]],
    ['filter', [gallery, { type: 'galleryFiltering', on: true }]],
    ['cull', [focus, { type: 'cullStarted', request: { prompt: 'x' }, seeds: [1], steps: 3 }]],
    ['reading', [{ type: 'open', overlay: { kind: 'help', page: 0 } }]],
    ['quitting', [{ type: 'open', overlay: { kind: 'quit' } }]],
    ['list', [{ type: 'open', overlay: { kind: 'search', query: EMPTY_LINE, row: 0 } }]],
  ])('%s', (context, actions) => {
    expect(contextOf(stateAfter(...actions))).toBe(context);
  });
});

describe('what keys are about', () => {
  const done = [submit(JOB), started(JOB), saved(JOB, 'a.png'), completed(JOB)];

  test('on Create the job on screen, with the seed it used', () => {
    expect(targetOf(stateAfter(...done))).toMatchObject({ request: { prompt: 'a lake', seed: 42 }, path: 'a.png' });
  });

  test('in the queue the chosen one', () => {
    const state = stateAfter(
      ...done,
      submit(OTHER_JOB, 'a barn'),
      { type: 'screen', to: 'queue' },
      { type: 'queueMoved', by: 1 },
    );
    expect(targetOf(state)).toMatchObject({ request: { prompt: 'a lake' } });
  });

  test('in the gallery the chosen picture, as far as its file tells', () => {
    const path = 'out/b.png';
    const state = stateAfter(
      { type: 'screen', to: 'gallery' },
      { type: 'galleryListed', items: [{ path, savedAtMs: 1 }] },
    );
    expect(targetOf(state)).toEqual({ job: undefined, request: undefined, path });
    const request = { prompt: 'a barn', seed: 1 };
    const told = reduce(state, { type: 'galleryTold', path, details: { request, lines: [] } });
    expect(targetOf(told)).toEqual({ job: undefined, request, path });
  });

  test('what would do nothing is known', () => {
    const idle = (state: State) => [...idleCommands(state)];
    expect(idle(stateAfter())).toEqual(expect.arrayContaining(['cancel', 'again', 'open']));
    expect(idle(stateAfter(submit(JOB)))).not.toContain('cancel');
    expect(idle(stateAfter(...done))).toEqual(['retryNow', 'cancel']);
    const lost: Action = { type: 'link', link: { state: 'down', retryMs: 1000, attempt: 1 } };
    expect(idle(stateAfter(...done, lost))).toEqual(['cancel']);
  });
});
