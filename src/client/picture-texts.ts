/** The texts in a picture file by keyword, wherever its format keeps them. */
import exifReader from 'exif-reader';
import { readPngText } from '../protocol/png-text.js';

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export interface PictureHeader {
  width: number;
  height: number;
  /** PNG files keep their texts elsewhere. */
  exif: Buffer | undefined;
}

export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.equals(bytes.subarray(0, PNG_SIGNATURE.length));
}

/** @throws SafelightError BAD_MESSAGE when the PNG file is cut short */
export function readPictureTexts(bytes: Uint8Array, exif: Buffer | undefined): Record<string, string> {
  if (isPng(bytes)) return readPngText(bytes);
  if (exif === undefined) return {};
  const { Image, Photo } = exifReader(exif);
  const [description, comment] = [Image?.ImageDescription, toComment(Photo?.UserComment)];
  return {
    ...(description !== undefined && { safelight: description }),
    ...(comment !== undefined && { parameters: comment }),
  };
}

const ENCODING_BYTES = 8;

/** EXIF 2.3 §4.6.5: eight bytes name the encoding. UNICODE is UTF-16 in an order that writers disagree on. */
function toComment(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const text = bytes.subarray(ENCODING_BYTES);
  if (!bytes.toString('latin1', 0, ENCODING_BYTES).startsWith('UNICODE')) return text.toString('utf8');
  const isBigEndian = text[0] === 0;
  return (isBigEndian ? Buffer.from(text).swap16() : text).toString('utf16le');
}
