/** Writes the EXIF block of a JPEG or WebP file: sharp's own takes ASCII only, and turns `湖` into `?` (issue 17). */

export interface ExifTexts {
  /** ASCII, more than three characters. */
  imageDescription?: string;
  /** Anything. */
  userComment?: string;
}

/** TIFF, big-endian as piexif writes it for AUTOMATIC1111: header, IFD0 (description, EXIF IFD), EXIF IFD (comment), values. */
const EMPTY = Buffer.alloc(0);
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const ASCII = 2;
const LONG = 4;
const UNDEFINED = 7;
const IMAGE_DESCRIPTION = 0x010e;
const EXIF_IFD = 0x8769;
const USER_COMMENT = 0x9286;

/** @returns a TIFF structure: what stands behind `Exif\0\0` in a JPEG, and in the EXIF chunk of a WebP */
export function toExifBlock({ imageDescription, userComment }: ExifTexts): Buffer {
  const description = imageDescription === undefined ? EMPTY : Buffer.from(`${imageDescription}\0`, 'latin1');
  const comment = userComment === undefined ? EMPTY : toUserComment(userComment);
  const exifAt = HEADER_BYTES + ifdBytes(2);
  const descriptionAt = exifAt + ifdBytes(1);
  const commentAt = descriptionAt + description.length + (description.length % 2); // values begin at even offsets
  const header = Buffer.from('MM\0\x2a\0\0\0\x08', 'latin1');
  const ifd0 = toIfd(2, [
    [IMAGE_DESCRIPTION, ASCII, description.length, descriptionAt],
    [EXIF_IFD, LONG, 1, exifAt],
  ]);
  const exifIfd = toIfd(1, [[USER_COMMENT, UNDEFINED, comment.length, commentAt]]);
  const padding = Buffer.alloc(commentAt - descriptionAt - description.length);
  return Buffer.concat([header, ifd0, exifIfd, description, padding, comment]);
}

/** EXIF 2.32 §4.6.5: eight bytes name the encoding. UTF-16 in big-endian order is what AUTOMATIC1111's reader takes. */
function toUserComment(text: string): Buffer {
  return Buffer.concat([Buffer.from('UNICODE\0', 'latin1'), Buffer.from(text, 'utf16le').swap16()]);
}

/** Count, entries, and the offset of a next IFD that there is not. */
const ifdBytes = (entries: number) => 2 + entries * ENTRY_BYTES + 4;

type Entry = [tag: number, type: number, count: number, value: number];

/**
 * @param room for so many entries; one of no value is left out
 * @param entries with the value or its offset: every value here but the LONG is longer than the four bytes of an entry
 */
function toIfd(room: number, entries: Entry[]): Buffer {
  const bytes = Buffer.alloc(ifdBytes(room));
  const given = entries.filter(([, , count]) => count > 0);
  bytes.writeUInt16BE(given.length, 0);
  for (const [index, [tag, type, count, value]] of given.entries()) {
    const at = 2 + index * ENTRY_BYTES;
    bytes.writeUInt16BE(tag, at);
    bytes.writeUInt16BE(type, at + 2);
    bytes.writeUInt32BE(count, at + 4);
    bytes.writeUInt32BE(value, at + 8);
  }
  return bytes;
}
