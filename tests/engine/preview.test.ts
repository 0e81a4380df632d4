import { describe, expect, test } from 'vitest';
import { createPreviewMeter, projectLatents } from '../../src/engine/preview.js';
import { createProgressClock } from '../../src/engine/progress-clock.js';

describe('projectLatents', () => {
  test('rgb = latent · matrix + bias, mapped from [-1, 1] to 8 bits', () => {
    const latents = { data: Float32Array.from([1, -1, 0.5, 0]), channels: 2, height: 1, width: 2 };
    const matrix = [
      [1, 0, 0],
      [0, 1, 0],
    ] as const;
    const picture = projectLatents(latents, matrix, [0, 0, -1]);
    // Pixel 0: channels (1, 0.5); pixel 1: channels (-1, 0).
    expect(picture).toEqual({ width: 2, height: 1, pixels: Uint8Array.from([255, 191, 0, 0, 128, 0]) });
  });
});

describe('the preview meter', () => {
  const wait = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));

  test('a quick model is never thinned: there the rate rules', async () => {
    const meter = createPreviewMeter();
    await meter.measure(wait(20));
    expect(meter.allows({ elapsedMs: 490, steps: 10 })).toBe(true);
  });

  test('a slow model gets its next preview when the last one weighs less than 3 %', async () => {
    const meter = createPreviewMeter();
    expect(meter.allows({ elapsedMs: 100, steps: 1 })).toBe(true);
    await meter.measure(wait(20));
    expect(meter.allows({ elapsedMs: 200, steps: 2 })).toBe(false);
    expect(meter.allows({ elapsedMs: 100_000, steps: 1000 })).toBe(true);
  });
});

test('the progress clock counts all steps of the job', () => {
  let now = 1000;
  const clock = createProgressClock(4, () => now);
  now += 100;
  expect(clock.tick()).toEqual({ elapsedMs: 100, etaMs: 300 });
  now += 300;
  expect(clock.tick()).toEqual({ elapsedMs: 400, etaMs: 400 });
  expect(clock.steps).toBe(2);
});
