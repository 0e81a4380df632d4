/**
 * The raw values in an EXIF block (TIFF 6.0 §2; EXIF 2.32 §4.6.2). No library: each gives bytes in another form by their type,
 * and unpacks every list of numbers, which a hostile file of one megabyte makes as long as it likes.
 */

export interface ExifTags {
  /** The first directory. */
  image: Map<number, Buffer>;
  /** The EXIF directory behind it. */
  photo: Map<number, Buffer>;
}

const EXIF_IFD = 0x8769;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
/** Of the types BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, from 1; 129 is UTF-8. */
const TYPE_BYTES: Record<number, number> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 129: 1 },
};

interface Tiff {
  bytes: Buffer;
  isBig: boolean;
}

/** @param exif with or without `Exif\0\0` in front; what is damaged in it is passed over */
export function readExifTags(exif: Buffer): ExifTags {
  const bytes = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const order = bytes.toString('latin1', 0, 2);
  if (bytes.length < HEADER_BYTES || (order !== 'MM' && order !== 'II')) return { image: new Map(), photo: new Map() };
  const tiff = { bytes, isBig: order === 'MM' };
  const image = readDirectory(tiff, uint32(tiff, 4));
  const pointer = image.get(EXIF_IFD);
  const photoAt = pointer?.length === 4 ? uint32({ ...tiff, bytes: pointer }, 0) : undefined;
  return { image, photo: photoAt === undefined ? new Map() : readDirectory(tiff, photoAt) };
}

function readDirectory(tiff: Tiff, at: number): Map<number, Buffer> {
  const tags = new Map<number, Buffer>();
  const entries = at + 2 <= tiff.bytes.length ? uint16(tiff, at) : 0;
  for (let index = 0; index < entries; index++) {
    const entry = at + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.bytes.length) break;
    const value = readValue(tiff, entry);
    if (value !== undefined) tags.set(uint16(tiff, entry), value);
  }
  return tags;
}

/** Up to four bytes stand in the entry itself. */
function readValue(tiff: Tiff, entry: number): Buffer | undefined {
  const length = (TYPE_BYTES[uint16(tiff, entry + 2)] ?? 0) * uint32(tiff, entry + 4);
  const start = length <= 4 ? entry + 8 : uint32(tiff, entry + 8);
  return length === 0 || start + length > tiff.bytes.length ? undefined : tiff.bytes.subarray(start, start + length);
}

function uint16({ bytes, isBig }: Tiff, at: number): number {
  return isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
}

function uint32({ bytes, isBig }: Tiff, at: number): number {
  return isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}
