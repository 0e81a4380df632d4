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

/** Where a model call takes this long or longer, previews are held to a share of the time (design §7). */
const SLOW_CALL_MS = 50;
const MAX_COST_SHARE = 0.03;
/** The next preview may cost more than it seems: other programs want the processor too. */
const CAUTION = 1.5;

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

/** Of each side, in latent pixels; the first run of a graph also warms it up. */
const PRICED_SIDE = 32;
const PRICED_RUNS = 3;

/** @returns milliseconds that a preview takes for each of its latent pixels, as far as small ones tell */
export async function pricePreviews(
  decode: PreviewDecoder,
  channels: number,
  session: Session | undefined,
): Promise<number> {
  const [height, width] = [2, 3].map((axis) => fixedSize(session, axis) ?? PRICED_SIDE);
  const latents = { data: new Float32Array(channels * height * width), channels, height, width };
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < PRICED_RUNS; run++) {
    const startedAt = performance.now();
    await decode(latents);
    leastMs = Math.min(leastMs, performance.now() - startedAt);
  }
  return leastMs / (height * width);
}

function fixedSize(session: Session | undefined, axis: number): number | undefined {
  const size = session?.inputShape(session.inputNames[0])[axis];
  return typeof size === 'number' ? size : undefined;
}

type Size = Pick<Latents, 'width' | 'height'>;

/**
 * Counts what previews cost, and says no when a slow model's job has no share left for the next one.
 * @param msPerPixel guess for the first; after it, the last one tells
 */
export function createPreviewMeter(msPerPixel: number) {
  let pricePerPixel = msPerPixel;
  let decodeMs = 0;
  let lastMs = 0;
  return {
    /** @param encodeMs what encoding will have cost elsewhere, the next one included */
    allows(clock: Pick<ProgressClock, 'elapsedMs' | 'calls'>, { width, height }: Size, encodeMs: number): boolean {
      if (clock.elapsedMs / clock.calls < SLOW_CALL_MS) return true;
      const nextMs = CAUTION * pricePerPixel * width * height;
      return decodeMs + nextMs + encodeMs <= MAX_COST_SHARE * clock.elapsedMs;
    },
    get lastMs(): number {
      return lastMs;
    },
    async measure<T>({ width, height }: Size, work: () => Promise<T>): Promise<T> {
      const startedAt = performance.now();
      try {
        return await work();
      } finally {
        lastMs = performance.now() - startedAt;
        pricePerPixel = lastMs / (width * height);
        decodeMs += lastMs;
      }
    },
  };
}
