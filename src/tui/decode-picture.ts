/** EDGE: the client side's only import of sharp, loaded when the first picture needs it. Files and pixels, at other sizes. */
import type { Sharp } from 'sharp';
import type { PictureHeader } from '../metadata/files/picture-texts.js';
import type { RgbPicture } from './graphics/resample.js';

interface Size {
  width: number;
  height: number;
}

/** A file of any kind, or pixels. */
export type PictureSource = Uint8Array | RgbPicture;

/** Of a sixel picture; dithered to them, a photo looks as before. */
const PALETTE = { palette: true, effort: 4, dither: 1 } as const;
/** Bytes for the terminal next door: time counts more than they do. */
const PNG_LEVEL = 3;
const JPEG_QUALITY = 92;

/** Scaled to exactly this size in pixels. */
export async function decodePicture(source: PictureSource, size: Size): Promise<RgbPicture> {
  return toRgb(await open(source, { ...size, fit: 'fill' }));
}

/** Any finished picture, scaled to the largest size of its own shape that fits. */
export async function decodeToBox(
  bytes: Uint8Array,
  box: { maxWidth: number; maxHeight: number },
): Promise<RgbPicture> {
  return toRgb(await open(bytes, { width: box.maxWidth, height: box.maxHeight, fit: 'inside' }));
}

/** Every pixel as it is. */
export async function decodePixels(bytes: Uint8Array): Promise<RgbPicture> {
  return toRgb(await open(bytes));
}

/** Scaled to exactly this size, in at most so many colours (2–256) chosen for this picture. */
export async function reduceColors(source: PictureSource, size: Size, colors: number): Promise<RgbPicture> {
  const image = await open(source, { ...size, fit: 'fill' });
  return decodePixels(await image.png({ ...PALETTE, colors }).toBuffer());
}

export async function encodePng(source: PictureSource, size: Size): Promise<Uint8Array> {
  const image = await open(source, { ...size, fit: 'fill' });
  return image.png({ compressionLevel: PNG_LEVEL }).toBuffer();
}

export async function encodeJpeg(source: PictureSource, size: Size): Promise<Uint8Array> {
  const image = await open(source, { ...size, fit: 'fill' });
  return image.jpeg({ quality: JPEG_QUALITY }).toBuffer();
}

/** @throws Error when it is no picture */
export async function readSize(source: PictureSource): Promise<Size> {
  if (!(source instanceof Uint8Array)) return source;
  const { default: sharp } = await import('sharp');
  const { width, height } = await sharp(source).metadata();
  return { width, height };
}

/** What a picture file says before its pixels. @throws Error when it is no picture */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  const { default: sharp } = await import('sharp');
  const { width, height, exif } = await sharp(bytes).metadata();
  return { width, height, exif };
}

async function open(source: PictureSource, resize?: Size & { fit: 'fill' | 'inside' }): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  const image =
    source instanceof Uint8Array
      ? sharp(source)
      : sharp(source.pixels, { raw: { width: source.width, height: source.height, channels: 3 } });
  return image
    .resize(resize ?? {})
    .flatten()
    .toColourspace('srgb')
    .removeAlpha();
}

async function toRgb(image: Sharp): Promise<RgbPicture> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}
