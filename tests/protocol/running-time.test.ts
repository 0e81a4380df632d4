import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { afterRunningFor } from '../../src/protocol/running-time.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(ms: number) {
  let calls = 0;
  const stop = afterRunningFor(ms, () => {
    calls += 1;
  });
  return { stop, calls: () => calls };
}

test.each([1, 499, 500, 501, 60_000])('calls once, after %i ms', (ms) => {
  const { calls } = start(ms);
  vi.advanceTimersByTime(ms - 1);
  expect(calls()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(calls()).toBe(1);
  vi.advanceTimersByTime(10 * ms);
  expect(calls()).toBe(1);
});

test('an hour that the process was stopped for does not count', () => {
  const { calls } = start(60_000);
  vi.advanceTimersByTime(30_000);
  // A process that goes on finds the timers that were due meanwhile late, each of them once.
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.runOnlyPendingTimers();
  expect(calls()).toBe(0);
  vi.advanceTimersByTime(29_000);
  expect(calls()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(calls()).toBe(1);
});

test('what is taken back never calls', () => {
  const { stop, calls } = start(2000);
  vi.advanceTimersByTime(1200);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(calls()).toBe(0);
});
