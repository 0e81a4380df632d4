import { expect, it } from 'vitest';
import { createSilenceWatch } from '../../src/server/silence.js';

const limits = { firstMs: 600_000, minMs: 60_000, factor: 30 };
const progress = { type: 'progress', image: 0, step: 1, steps: 2, elapsedMs: 0, etaMs: 0 } as const;

it('gives the first step long, quick steps a minimum, and slow steps as much as they need', () => {
  let nowMs = 0;
  const watch = createSilenceWatch(limits, () => nowMs);
  expect(watch.allowedMs()).toBe(600_000);
  watch.heard({ type: 'stage', name: 'load', fraction: 0.5 });
  expect(watch.allowedMs()).toBe(600_000);
  nowMs += 20;
  watch.heard(progress);
  expect(watch.allowedMs()).toBe(60_000);
  nowMs += 10_000;
  watch.heard(progress);
  expect(watch.allowedMs()).toBe(300_000);
  nowMs += 50_000;
  watch.heard({ type: 'stage', name: 'decode' }); // no step: tells nothing of their length
  expect(watch.allowedMs()).toBe(300_000);
  nowMs += 20;
  watch.heard(progress); // a quick step does not make the slow ones quicker
  expect(watch.allowedMs()).toBe(300_000);
});
