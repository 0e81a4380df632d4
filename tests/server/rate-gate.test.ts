import { expect, it } from 'vitest';
import { createRateGate } from '../../src/server/rate-gate.js';

it('opens at most so many times a second', () => {
  let nowMs = 0;
  const gate = createRateGate(() => nowMs);
  expect([gate.take(), gate.waitMs()]).toEqual([false, Number.POSITIVE_INFINITY]);
  gate.setRate(4);
  expect([gate.take(), gate.take(), gate.waitMs()]).toEqual([true, false, 250]);
  nowMs = 249;
  expect(gate.take()).toBe(false);
  nowMs = 250;
  expect(gate.take()).toBe(true);
  gate.setRate(0);
  nowMs = 9999;
  expect(gate.take()).toBe(false);
});
