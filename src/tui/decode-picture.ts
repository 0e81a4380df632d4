/** EDGE: the client side's only import of sharp, loaded when the first finished picture is shown. */
import type { PictureHeader } from '../client/picture-texts.js';
import type { RgbPicture } from './resample.js';

interface Size {
  width: number;
  height: number;
}

/** Any finished picture, scaled to exactly this size in pixels. */
export function decodePicture(bytes: Uint8Array, { width, height }: Size): Promise<RgbPicture> {
  return decode(bytes, { width, height, fit: 'fill' });
}

/** Any finished picture, scaled to the largest size of its own shape that fits. */
export function decodeToBox(bytes: Uint8Array, box: { maxWidth: number; maxHeight: number }): Promise<RgbPicture> {
  return decode(bytes, { width: box.maxWidth, height: box.maxHeight, fit: 'inside' });
}

/** Every pixel as it is. */
export function decodePixels(bytes: Uint8Array): Promise<RgbPicture> {
  return decode(bytes);
}

/** What a picture file says before its pixels. @throws Error when it is no picture */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  const { default: sharp } = await import('sharp');
  const { width, height, exif } = await sharp(bytes).metadata();
  return { width, height, exif };
}

async function decode(bytes: Uint8Array, resize?: Size & { fit: 'fill' | 'inside' }): Promise<RgbPicture> {
  const { default: sharp } = await import('sharp');
  const image = sharp(bytes)
    .resize(resize ?? {})
    .flatten()
    .toColourspace('srgb')
    .removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}
