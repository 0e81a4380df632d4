/** The pictures of a request, checked and fitted before the first step: what to start from, and what of it to paint anew. */
import { SafelightError } from '../protocol/errors.js';
import type { RgbImage } from './events.js';
import { fitGrey, openPicture, type PictureFile, toLevels, toRgb } from './image.js';
import { isWhite, type Mask, shrinkMask, toMask } from './mask.js';
import { toMaskGreys } from './mask-channel.js';
import type { ResolvedParams } from './request.js';

export interface GivenPictures {
  initPicture: RgbImage | undefined;
  /** undefined = all is painted anew. */
  mask: Mask | undefined;
  /** What is done with them beyond what was asked, in sentences for a person. */
  notes: string[];
}

interface Size {
  width: number;
  height: number;
}

/** Sides that differ by less have the same shape: a picture's sides were rounded. */
const SAME_SHAPE = 0.02;

const WHOLE_NOTE = 'The mask is all white: the whole picture is painted anew.';
const MIXED_NOTE = 'The mask has light and dark areas and transparent ones: what is light and opaque is painted anew.';

/**
 * @param latentPixel sides of what one latent pixel stands for: nothing smaller can be painted anew
 * @throws SafelightError INVALID_PARAMS, in words, for a file that cannot be read and a mask without white
 */
export async function readGivenPictures(params: ResolvedParams, latentPixel: number): Promise<GivenPictures> {
  if (params.initImage === undefined) return { initPicture: undefined, mask: undefined, notes: [] };
  const init = await openPicture(params.initImage, 'initImage');
  const initPicture = await toRgb(init, params);
  if (params.maskImage === undefined) return { initPicture, mask: undefined, notes: [] };
  const file = await openPicture(params.maskImage, 'maskImage');
  const { mask, isMixed } = await readMask(file, params, latentPixel);
  if (mask.values.every((value) => value === 1)) return { initPicture, mask: undefined, notes: [WHOLE_NOTE] };
  const shape = hasShapeOf(file, init) ? [] : [shapeNote(file, init, params)];
  return { initPicture, mask, notes: isMixed ? [...shape, MIXED_NOTE] : shape };
}

async function readMask(file: PictureFile, { width, height }: Size, latentPixel: number) {
  const picture = await toLevels(file);
  const { greys, isMixed } = toMaskGreys(picture);
  if (!greys.some(isWhite))
    throw refusal('has no white in it, so nothing would change; paint white what is to be painted anew');
  const mask = toMask({ width, height, greys: await fitGrey({ ...picture, greys }, { width, height }) });
  if (isEmpty(mask)) throw refusal(`has no white left after it is cropped to ${width}×${height}`);
  if (isEmpty(shrinkMask(mask, latentPixel)))
    throw refusal(
      `has white areas smaller than ${latentPixel}×${latentPixel} pixels only; this model cannot repaint less`,
    );
  return { mask, isMixed };
}

function isEmpty({ values }: Mask): boolean {
  return values.every((value) => value === 0);
}

function hasShapeOf(a: Size, b: Size): boolean {
  return Math.abs((a.width * b.height) / (a.height * b.width) - 1) < SAME_SHAPE;
}

function shapeNote(mask: Size, init: Size, { width, height }: Size): string {
  const sizes = `The mask (${mask.width}×${mask.height}) has another shape than the init picture (${init.width}×${init.height})`;
  return `${sizes}: each was scaled and cropped to ${width}×${height}, so they may not lie over each other.`;
}

function refusal(message: string): SafelightError {
  return new SafelightError('INVALID_PARAMS', `maskImage: ${message}`, { issues: [{ path: 'maskImage', message }] });
}
