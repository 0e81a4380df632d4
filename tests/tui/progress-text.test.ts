import { expect, test } from 'vitest';
import {
  filledCells,
  jobWords,
  pictureText,
  progressFraction,
  progressText,
  toClock,
  toRate,
} from '../../src/tui/progress-text.js';
import { createJob } from '../../src/tui/state/job-state.js';

const progress = { image: 0, count: 1, step: 12, steps: 25, elapsedMs: 660, etaMs: 700, stepsPerSecond: 18.21 };

test.each([
  [0, '0:00'],
  [-5, '0:00'],
  [1, '0:01'],
  [59_001, '1:00'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('%i ms is %s', (ms, text) => {
  expect(toClock(ms)).toBe(text);
});

test.each([
  [18.21, '18.2 it/s'],
  [1, '1.0 it/s'],
  [0.4, '2.5 s/it'],
])('%f steps a second is %s', (rate, text) => {
  expect(toRate(rate)).toBe(text);
});

test('the line of a running job', () => {
  expect(progressText(progress)).toBe('step 12/25 · 18.2 it/s · 0:01 left');
  expect(progressText({ ...progress, stepsPerSecond: undefined })).toBe('step 12/25 · 0:01 left');
});

test('a job of which nothing is heard says where it was, and no time', () => {
  const job = createJob('1', { prompt: 'a lake' });
  expect(jobWords(job, true)).toBe('connection lost');
  expect(jobWords({ ...job, stage: 'denoise', progress }, true)).toBe('step 12/25 · connection lost');
  expect(jobWords({ ...job, cancelling: true, progress }, true)).toBe('cancelling · connection lost');
});

test('which of several pictures', () => {
  expect(pictureText(progress)).toBe('');
  expect(pictureText({ ...progress, image: 1, count: 4 })).toBe('picture 2 of 4');
});

test('the fraction is of all pictures', () => {
  expect(progressFraction(progress)).toBe(12 / 25);
  expect(progressFraction({ ...progress, image: 1, count: 2, step: 25 })).toBe(1);
});

test('the bar is empty only before the first step and full only after the last', () => {
  expect([0, 0.001, 0.5, 0.999, 1].map((fraction) => filledCells(fraction, 20))).toEqual([0, 1, 10, 19, 20]);
});
