/** EDGE: the engine's only import of sharp. Picture files ↔ RGB. */
import sharp, { type Sharp } from 'sharp';
import { withJpegExif, withWebpExif } from '../metadata/files/picture-exif.js';
import { isReadablePicture, toUnreadableWords } from '../metadata/files/picture-kinds.js';
import { withPngText } from '../metadata/files/write-png-text.js';
import { SafelightError } from '../protocol/errors.js';
import type { ModelSummary, PreviewFormat } from '../protocol/messages.js';
import type { RgbImage } from './events.js';
import { toJobJson, toParametersText } from './metadata.js';
import type { ResolvedParams } from './request.js';

/** A file may claim any size: more pixels than this are refused before they are unpacked. */
const MAX_INPUT_PIXELS = 64 * 1024 * 1024;
// No picture but a program: a kilobyte of filters keeps a core busy for minutes, and no cancel reaches it there.
sharp.block({ operation: ['VipsForeignLoadSvg'] });
/** A mask of that size fills 64 MB while it is read. */
const MAX_LEVELS_SIDE = 4096;
const PREVIEW_QUALITY = 80;
const FINAL_QUALITY = 95;

function fromRgb({ width, height, pixels }: RgbImage): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

type PictureParam = 'initImage' | 'maskImage';

/** A picture file that can be read; its size is that of the picture as it is meant to be seen (EXIF orientation). */
export interface PictureFile {
  param: PictureParam;
  bytes: Buffer;
  width: number;
  height: number;
  /** CMYK without a colour profile: its true colours are not defined, so it gets those of PIL and browsers. */
  isBareCmyk: boolean;
  is16Bit: boolean;
}

/** @throws SafelightError INVALID_PARAMS, in words, when it is no picture, damaged or too large */
export async function openPicture(base64: string, param: PictureParam): Promise<PictureFile> {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0) throw refusal(param, 'is empty');
  const { space, icc, depth, autoOrient } = await reading({ param, bytes }, (image) => image.metadata());
  return {
    param,
    bytes,
    ...autoOrient,
    isBareCmyk: space === 'cmyk' && icc === undefined,
    is16Bit: depth === 'ushort',
  };
}

/**
 * An input picture at the asked size: what does not fit the aspect is cropped evenly. Alpha is dropped, as diffusers does.
 * @throws SafelightError INVALID_PARAMS when it is damaged
 */
export async function toRgb(file: PictureFile, size: { width: number; height: number }): Promise<RgbImage> {
  return reading(file, async (image) => {
    const fitted = withoutProfile(file, image)
      .autoOrient()
      .resize(size.width, size.height, { fit: 'cover', kernel: 'lanczos3' })
      .removeAlpha();
    const { data, info } = await fitted.raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: file.isBareCmyk ? cmykToRgb(data) : data };
  });
}

/** Every channel as the file has it, row by row: grey or RGB, and alpha where there is one. */
export interface PictureLevels {
  width: number;
  height: number;
  channels: number;
  levels: Uint8Array | Uint16Array;
}

/** Not resized, so that no level is made up, unless a side is above 4,096 pixels: then pixels are left out. */
export async function toLevels(file: PictureFile): Promise<PictureLevels> {
  return reading(file, async (image) => {
    const box = { width: MAX_LEVELS_SIDE, height: MAX_LEVELS_SIDE };
    const whole = withoutProfile(file, image)
      .autoOrient()
      .resize({ ...box, fit: 'inside', withoutEnlargement: true, kernel: 'nearest' });
    const deep = file.is16Bit ? whole.toColourspace('rgb16').raw({ depth: 'ushort' }) : whole.raw();
    const { data, info } = await deep.toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    if (file.isBareCmyk) return { width, height, channels: 3, levels: cmykToRgb(data) };
    const levels = file.is16Bit ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    return { width, height, channels: info.channels, levels };
  });
}

/** One channel at the asked size, cropped as an input picture is. */
export async function fitGrey(
  { width, height, greys }: { width: number; height: number; greys: Uint8Array },
  size: { width: number; height: number },
): Promise<Uint8Array> {
  return sharp(greys, { raw: { width, height, channels: 1 } })
    .resize(size.width, size.height, { fit: 'cover', kernel: 'lanczos3' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

/** libvips would take the inks of some printing press for CMYK without a profile; PIL, with it diffusers, and browsers do not. */
function withoutProfile({ isBareCmyk }: PictureFile, image: Sharp): Sharp {
  return isBareCmyk ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image.toColourspace('srgb');
}

function cmykToRgb(inks: Uint8Array): Uint8Array {
  const light = (ink: number, pixel: number) => ((255 - inks[pixel * 4 + ink]) * (255 - inks[pixel * 4 + 3])) / 255;
  return Uint8Array.from({ length: (inks.length / 4) * 3 }, (_, i) => Math.round(light(i % 3, Math.floor(i / 3))));
}

/** @throws SafelightError INVALID_PARAMS for whatever libvips says of the file */
async function reading<T>({ param, bytes }: Pick<PictureFile, 'param' | 'bytes'>, read: (image: Sharp) => Promise<T>) {
  try {
    return await read(sharp(bytes, { limitInputPixels: MAX_INPUT_PIXELS }));
  } catch (cause) {
    // Without its cause: a person's file is no fault of the engine, whose log would keep the trace.
    throw refusal(param, whyUnreadable(bytes, cause));
  }
}

function whyUnreadable(bytes: Buffer, cause: unknown): string {
  const words = cause instanceof Error ? cause.message : String(cause);
  if (/pixel limit/.test(words)) return 'has more than 64 million pixels; make it smaller';
  return isReadablePicture(bytes)
    ? 'is damaged or cut short'
    : `${toUnreadableWords(bytes)}; convert it to PNG or JPEG`;
}

function refusal(path: PictureParam, message: string): SafelightError {
  return new SafelightError('INVALID_PARAMS', `${path}: ${message}`, { issues: [{ path, message }] });
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
