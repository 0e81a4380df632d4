import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgressPace } from '../../src/tui/progress-pace.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('tells the first at once, then the newest of each fifth of a second', () => {
  const told: number[] = [];
  const pace = createProgressPace((step: number) => told.push(step), Date.now);
  for (let step = 1; step <= 9; step++) {
    pace.push(step);
    vi.advanceTimersByTime(50);
  }
  vi.advanceTimersByTime(500);
  expect(told).toEqual([1, 4, 8, 9]);
});

test('what waits is told before what comes after it, and once', () => {
  const told: number[] = [];
  const pace = createProgressPace((step: number) => told.push(step), Date.now);
  pace.push(1);
  pace.push(2);
  pace.flush();
  pace.flush();
  vi.advanceTimersByTime(500);
  expect(told).toEqual([1, 2]);
});
