/** EDGE: the engine's only import of sharp. Picture files ↔ RGB. */
import sharp, { type Sharp } from 'sharp';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary, PreviewFormat } from '../protocol/messages.js';
import type { RgbImage } from './events.js';
import { toJobJson, toParametersText } from './metadata.js';
import { withJpegExif, withWebpExif } from './picture-exif.js';
import { withPngText } from './png-text.js';
import type { ResolvedParams } from './request.js';

/** A file may claim any size: more pixels than this are refused before they are unpacked. */
const MAX_INPUT_PIXELS = 64 * 1024 * 1024;
// No picture but a program: a kilobyte of filters keeps a core busy for minutes, and no cancel reaches it there.
sharp.block({ operation: ['VipsForeignLoadSvg'] });
const PREVIEW_QUALITY = 80;
const FINAL_QUALITY = 95;

function fromRgb({ width, height, pixels }: RgbImage): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/**
 * An input picture at the asked size: what does not fit the aspect is cropped evenly. Alpha is dropped, as diffusers does.
 * @throws SafelightError INVALID_PARAMS when it is no picture, or one too large
 */
export async function decodeBase64Image(
  base64: string,
  size: { width: number; height: number },
  param: 'initImage' | 'maskImage',
): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(Buffer.from(base64, 'base64'), { limitInputPixels: MAX_INPUT_PIXELS })
      .autoOrient()
      .resize(size.width, size.height, { fit: 'cover', kernel: 'lanczos3' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: data };
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n'); // the rest repeats it
    throw new SafelightError('INVALID_PARAMS', `${param}: not a picture that can be read (${why})`, { cause });
  }
}

/** Exactly the asked size; the same picture when it has that size already. */
export async function resizePicture(picture: RgbImage, size: { width: number; height: number }): Promise<RgbImage> {
  const { width, height } = size;
  if (picture.width === width && picture.height === height) return picture;
  const pixels = await fromRgb(picture).resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  return { width, height, pixels };
}

/**
 * The file of a final picture, with its metadata: text chunks in a PNG, EXIF in a WebP or JPEG.
 * @param params of this one picture (`paramsOfImage`)
 */
export async function encodePicture(
  picture: RgbImage,
  params: ResolvedParams,
  model: ModelSummary,
): Promise<Uint8Array> {
  const parameters = toParametersText(params, model);
  const safelight = toJobJson(params, model);
  const image = fromRgb(picture);
  if (params.format === 'png') return withPngText(await image.png().toBuffer(), { parameters, safelight });
  const texts = { imageDescription: safelight, userComment: parameters };
  return params.format === 'webp'
    ? withWebpExif(await image.webp({ quality: FINAL_QUALITY }).toBuffer(), picture, texts)
    : withJpegExif(await image.jpeg({ quality: FINAL_QUALITY }).toBuffer(), texts);
}

export interface EncodedPreview {
  width: number;
  height: number;
  bytes: Uint8Array;
}

/** Fits into the client's box, keeps the aspect, never enlarges: larger pixels are the terminal's business. */
export async function encodePreview(
  picture: RgbImage,
  wish: { maxWidth: number; maxHeight: number; format: Exclude<PreviewFormat, 'none'> },
): Promise<EncodedPreview> {
  const image = fromRgb(picture).resize(wish.maxWidth, wish.maxHeight, { fit: 'inside', withoutEnlargement: true });
  const encoded = toPreviewFormat(image, wish.format);
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, bytes: data };
}

function toPreviewFormat(image: Sharp, format: Exclude<PreviewFormat, 'none'>): Sharp {
  if (format === 'rgb') return image.raw();
  // A PNG with a quality is made with a palette: ten times the work for fewer colours.
  return format === 'png' ? image.png() : image.toFormat(format, { quality: PREVIEW_QUALITY });
}
