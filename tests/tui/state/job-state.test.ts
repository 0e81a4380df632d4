import { describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/protocol/messages.js';
import { createJob, fail, follow, type Job } from '../../../src/tui/state/job-state.js';
import { JOB } from '../../support/tui-state.js';

const event = (fields: Record<string, unknown>) => ({ jobId: JOB, seq: 1, ...fields }) as JobEvent;
const progress = (image: number, step: number, elapsedMs: number) =>
  event({ type: 'progress', image, step, steps: 10, elapsedMs, etaMs: 500 });
const jobAfter = (...events: JobEvent[]): Job =>
  events.reduce(follow, createJob(JOB, { prompt: 'a lake', steps: 10, count: 2 }));
const rateAfter = (...events: JobEvent[]) => jobAfter(...events).progress?.stepsPerSecond;

describe('a job', () => {
  test('is being sent, waits, then goes through its stages', () => {
    expect(jobAfter()).toMatchObject({ phase: 'active', stage: 'sending' });
    expect(jobAfter(event({ type: 'queued', position: 2 }))).toMatchObject({ stage: 'queued', position: 2 });
    const loading = event({ type: 'stage', name: 'load', fraction: 0.5 });
    expect(jobAfter(loading)).toMatchObject({ stage: 'load', fraction: 0.5 });
    expect(jobAfter(loading, event({ type: 'stage', name: 'encode' }))).toMatchObject({ fraction: undefined });
    expect(jobAfter(progress(0, 1, 5), event({ type: 'image' }))).toMatchObject({ stage: 'saving' });
  });

  test('knows the seed that it used, so that it can be made again', () => {
    expect(jobAfter(event({ type: 'started', seeds: [42, 43] })).request).toMatchObject({ prompt: 'a lake', seed: 42 });
  });

  test('that is begun anew counts anew', () => {
    const started = event({ type: 'started', seeds: [42, 43] });
    expect(jobAfter(started, progress(0, 7, 700), started).progress).toBeUndefined();
  });

  test.each([
    [event({ type: 'completed', seeds: [1], timings: { queuedMs: 0, totalMs: 1 } }), { phase: 'completed' }],
    [event({ type: 'cancelled' }), { phase: 'cancelled' }],
    [event({ type: 'failed', code: 'X', message: 'it broke' }), { phase: 'failed', trouble: 'it broke' }],
  ])('ends', (ending, expected) => {
    expect(jobAfter(progress(0, 1, 10), ending)).toMatchObject({ cancelling: false, ...expected });
  });

  test('that broke tells why', () => {
    expect(fail(jobAfter(), 'the link was lost')).toMatchObject({ phase: 'failed', trouble: 'the link was lost' });
  });
});

describe('its rate', () => {
  test('is not known after one step, exact after two, a mean later', () => {
    expect(rateAfter(progress(0, 1, 1000))).toBeUndefined();
    expect(rateAfter(progress(0, 1, 1000), progress(0, 2, 1100))).toBeCloseTo(10);
    expect(rateAfter(progress(0, 1, 1000), progress(0, 2, 1100), progress(0, 3, 1300))).toBeCloseTo(9);
  });

  test('counts merged steps, and the step into the next picture', () => {
    expect(rateAfter(progress(0, 1, 1000), progress(0, 5, 1400))).toBeCloseTo(10);
    expect(rateAfter(progress(0, 9, 1000), progress(1, 1, 1200))).toBeCloseTo(10);
    expect(rateAfter(progress(0, 1, 1000), progress(0, 2, 1100), progress(0, 2, 1100))).toBeCloseTo(10);
  });
});
