/** The texts in a picture file by keyword, wherever its format keeps them. */
import { readExifTexts } from './exif-texts.js';
import { isPng } from './png-chunks.js';
import { readPngTexts } from './read-png-text.js';

export interface PictureHeader {
  width: number;
  height: number;
  exif: Buffer | undefined;
}

/** @param exif of a file that is no PNG: the block, with or without `Exif\0\0` in front */
export function readPictureTexts(bytes: Uint8Array, exif: Buffer | undefined): Record<string, string> {
  const png = isPng(bytes) ? readPngTexts(bytes) : { texts: {}, exif };
  return { ...(png.exif && readExifTexts(png.exif)), ...png.texts };
}
