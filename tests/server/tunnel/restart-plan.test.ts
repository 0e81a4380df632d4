import { expect, it } from 'vitest';
import { createRestartPlan, DEFAULT_TIMING } from '../../../src/server/tunnel/restart-plan.js';

const { slowRetryMs, takenMs } = DEFAULT_TIMING;

function createPlan(random = 0) {
  const clock = { nowMs: 1000 };
  const plan = createRestartPlan(
    DEFAULT_TIMING,
    () => clock.nowMs,
    () => random,
  );
  return { clock, plan };
}

it('waits twice as long each time, up to 5 s, and starts over when it was up', () => {
  const { plan } = createPlan();
  const waits = Array.from({ length: 7 }, () => plan.next(undefined));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  plan.up();
  expect(plan.next(undefined)).toBe(250);
});

it('takes up to half of it off, so that not all come back at once', () => {
  expect(createPlan(0.999_999).plan.next('ERR_NGROK_742')).toBeCloseTo(125, 1);
});

it.each([
  'ERR_NGROK_4018',
  'ERR_NGROK_105',
  'ERR_NGROK_107',
  'ERR_NGROK_120',
  'ERR_NGROK_123',
  'ERR_NGROK_320',
  'NGROK_MISSING',
  'CLOUDFLARED_MISSING',
])('%s is for good', (code) => {
  expect(createPlan().plan.next(code)).toBeUndefined();
});

it.each(['ERR_NGROK_108', 'CLOUDFLARE_1015'])('%s is tried each minute', (code) => {
  const { plan } = createPlan();
  expect([plan.next(code), plan.next(code)]).toEqual([slowRetryMs, slowRetryMs]);
});

it('an address that is taken is tried as quickly as anything, for a minute; then each minute', () => {
  const { plan, clock } = createPlan();
  expect([plan.next('ERR_NGROK_334'), plan.next('ERR_NGROK_334')]).toEqual([250, 500]);
  clock.nowMs += takenMs - 1;
  expect(plan.next('ERR_NGROK_334')).toBe(1000);
  clock.nowMs += 1;
  expect(plan.next('ERR_NGROK_334')).toBe(slowRetryMs);
});

it('the minute of an address starts over after anything else', () => {
  const { plan, clock } = createPlan();
  plan.next('ERR_NGROK_334');
  clock.nowMs += takenMs;
  plan.next('NO_WAY_OUT');
  expect(plan.next('ERR_NGROK_334')).toBeLessThan(slowRetryMs);
});
