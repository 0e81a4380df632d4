/** A model folder with its graphs open: what `generate()` works with. */
import { join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import type { RgbImage } from './events.js';
import type { Latents } from './latents.js';
import { graphPath, type ModelFamily, type ModelFolder } from './model-folder.js';
import { createPreviewDecoder, pricePreviews } from './preview.js';
import { openSession, type Session } from './session.js';
import type { TextEncoder } from './text-encoder.js';
import { readTokenizer } from './tokenizer.js';

export interface Pipeline {
  folder: ModelFolder;
  /** One; SDXL has two. */
  textEncoders: TextEncoder[];
  unet: Session;
  vaeDecoder: Session;
  vaeEncoder: Session | undefined;
  decodePreview(latents: Latents): Promise<RgbImage>;
  /** What that costs, about, for each latent pixel. */
  previewMsPerPixel: number;
  release(): Promise<void>;
}

interface LoadOptions {
  device: string;
  signal?: AbortSignal;
  /** Graphs opened so far, 0…1. */
  onProgress?: (fraction: number) => void;
}

const COMMON_INPUTS = ['sample', 'timestep', 'encoder_hidden_states'];
const UNET_INPUTS: Record<ModelFamily, string[]> = {
  sd: COMMON_INPUTS,
  sdxl: [...COMMON_INPUTS, 'text_embeds', 'time_ids'],
  lcm: [...COMMON_INPUTS, 'timestep_cond'],
};

/**
 * Opens every graph of the folder on `device`.
 * @throws SafelightError MODEL_INVALID naming the file; the signal's reason
 */
export async function loadPipeline(folder: ModelFolder, options: LoadOptions): Promise<Pipeline> {
  const sessions = new Map<string, Session>();
  const release = async () => {
    await Promise.all([...sessions.values()].map((session) => session.release()));
  };
  try {
    const graphs = graphsOf(folder);
    for (const part of graphs) {
      options.signal?.throwIfAborted();
      sessions.set(part, await openSession(graphPath(folder.dir, part), options.device));
      options.onProgress?.(sessions.size / graphs.length);
    }
    return { ...(await toPipeline(folder, sessions)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

function graphsOf(folder: ModelFolder): string[] {
  const graphs = [...folder.textEncoders.map(({ encoder }) => encoder), 'unet', 'vae_decoder'];
  if (folder.hasVaeEncoder) graphs.push('vae_encoder');
  if (folder.previewDecoder !== undefined) graphs.push('preview_decoder');
  return graphs;
}

async function toPipeline(folder: ModelFolder, sessions: Map<string, Session>): Promise<Omit<Pipeline, 'release'>> {
  const need = (part: string): Session => {
    const session = sessions.get(part);
    if (session === undefined) throw new Error(`${part} was not opened`);
    return session;
  };
  checkUnet(folder, need('unet'));
  const textEncoders = folder.textEncoders.map(
    async ({ encoder, tokenizer, vocabSize }): Promise<TextEncoder> => ({
      tokenizer: await readTokenizer(join(folder.dir, tokenizer), vocabSize),
      session: need(encoder),
      layer: folder.family === 'sdxl' ? 'penultimate' : 'last',
    }),
  );
  const previewDecoder = sessions.get('preview_decoder');
  const decodePreview = createPreviewDecoder(folder, previewDecoder);
  return {
    folder,
    textEncoders: await Promise.all(textEncoders),
    unet: need('unet'),
    vaeDecoder: need('vae_decoder'),
    vaeEncoder: sessions.get('vae_encoder'),
    decodePreview,
    previewMsPerPixel: await pricePreviews(decodePreview, folder.latentChannels, previewDecoder),
  };
}

/** A UNet that wants other inputs than its family has would fail at the first step; better to say so at load. */
function checkUnet({ dir, family }: ModelFolder, unet: Session): void {
  const known = UNET_INPUTS[family];
  const unknown = unet.inputNames.filter((name) => !known.includes(name));
  // An LCM made by merging a LoRA has no timestep_cond: it is guided the usual way.
  const missing = known.filter((name) => !unet.inputNames.includes(name) && name !== 'timestep_cond');
  if (unknown.length === 0 && missing.length === 0) return;
  const found = [...unknown.map((name) => `unknown input ${name}`), ...missing.map((name) => `no input ${name}`)];
  throw new SafelightError(
    'MODEL_INVALID',
    `${graphPath(dir, 'unet')}: ${found.join(', ')} for a model of kind ${family}`,
  );
}
