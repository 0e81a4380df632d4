/** Latents → a small picture without the full VAE: by the folder's `preview_decoder`, else by a latent→RGB matrix. */
import type { RgbImage } from './events.js';
import type { Latents } from './latents.js';
import type { ModelFolder } from './model-folder.js';
import type { ProgressClock } from './progress-clock.js';
import type { Session } from './session.js';
import { decodeLatents, toPicture } from './vae.js';

type Rgb = readonly [number, number, number];

interface LatentColours {
  /** One row a latent channel. */
  matrix: readonly Rgb[];
  bias: Rgb;
}

/** Figures of ComfyUI's comfy/latent_formats.py, for the VAE that all SD 1.x and 2.x models share, and SDXL's. */
const SD_COLOURS: LatentColours = {
  matrix: [
    [0.3512, 0.2297, 0.3227],
    [0.325, 0.4974, 0.235],
    [-0.2829, 0.1762, 0.2721],
    [-0.212, -0.2616, -0.7177],
  ],
  bias: [0, 0, 0],
};
const SDXL_COLOURS: LatentColours = {
  matrix: [
    [0.3651, 0.4232, 0.4341],
    [-0.2533, -0.0042, 0.1068],
    [0.1076, 0.1111, -0.0362],
    [-0.3165, -0.2492, -0.2188],
  ],
  bias: [0.1084, -0.0175, -0.0011],
};

/** Where a step takes this long or longer, previews are held to a share of the time (design §7). */
const SLOW_STEP_MS = 50;
const MAX_COST_SHARE = 0.03;

/** Makes the preview picture of predicted x0 latents. */
export type PreviewDecoder = (latents: Latents) => Promise<RgbImage>;

export function createPreviewDecoder(folder: ModelFolder, session: Session | undefined): PreviewDecoder {
  const { previewDecoder } = folder;
  if (session !== undefined && previewDecoder !== undefined) {
    return (latents) => decodeLatents(session, latents, previewDecoder.scalingFactor, previewDecoder.range);
  }
  const usual = folder.family === 'sdxl' ? SDXL_COLOURS : SD_COLOURS;
  const matrix = folder.previewMatrix ?? usual.matrix;
  const bias = folder.previewBias ?? (folder.previewMatrix === undefined ? usual.bias : [0, 0, 0]);
  return async (latents) => projectLatents(latents, matrix, bias);
}

/** rgb = latent · matrix + bias, in [-1, 1], at latent size; latent channels without a row add nothing. */
export function projectLatents(latents: Latents, matrix: readonly Rgb[], bias: Rgb): RgbImage {
  const plane = latents.width * latents.height;
  const planes = new Float32Array(plane * 3);
  for (let c = 0; c < 3; c++) planes.fill(bias[c], c * plane, (c + 1) * plane);
  matrix.slice(0, latents.channels).forEach((row, channel) => {
    for (let i = 0; i < plane; i++) {
      const value = latents.data[channel * plane + i];
      for (let c = 0; c < 3; c++) planes[c * plane + i] += value * row[c];
    }
  });
  return toPicture(planes, latents.width, latents.height);
}

/** Counts what previews cost, and says no when a slow model's job has spent its share on them. */
export function createPreviewMeter() {
  let spentMs = 0;
  let lastMs = 0;
  return {
    allows({ elapsedMs, steps }: Pick<ProgressClock, 'elapsedMs' | 'steps'>): boolean {
      if (elapsedMs / steps < SLOW_STEP_MS) return true;
      return spentMs + lastMs <= MAX_COST_SHARE * elapsedMs;
    },
    get lastMs(): number {
      return lastMs;
    },
    async measure<T>(work: () => Promise<T>): Promise<T> {
      const startedAt = performance.now();
      try {
        return await work();
      } finally {
        lastMs = performance.now() - startedAt;
        spentMs += lastMs;
      }
    },
  };
}
