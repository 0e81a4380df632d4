/** Puts an EXIF block into a JPEG (APP1 segment, EXIF 2.32 §4.5.4) or a WebP file (EXIF chunk, RFC 9649 §2.7). */
import { SafelightError } from '../../protocol/errors.js';
import { type ExifTexts, toExifBlock } from './exif-block.js';

const SOI_BYTES = 2;
/** A JPEG segment counts its bytes, the count included, in 16 bits. */
const MAX_SEGMENT_BYTES = 0xffff;

/** A JPEG holds 64 KB of EXIF: of texts that are longer together the description stays, else the comment, else neither. */
export function withJpegExif(jpeg: Uint8Array, { imageDescription, userComment }: ExifTexts): Uint8Array {
  const segments = [{ imageDescription, userComment }, { imageDescription }, { userComment }].map(toApp1);
  const fitting = segments.find((segment) => segment.length <= MAX_SEGMENT_BYTES + SOI_BYTES);
  if (fitting === undefined) return jpeg;
  return Buffer.concat([jpeg.subarray(0, SOI_BYTES), fitting, jpeg.subarray(SOI_BYTES)]);
}

function toApp1(texts: ExifTexts): Buffer {
  const data = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), toExifBlock(texts)]);
  const frame = Buffer.from([0xff, 0xe1, 0, 0]);
  frame.writeUInt16BE(Math.min(data.length + 2, MAX_SEGMENT_BYTES), 2);
  return Buffer.concat([frame, data]);
}

const RIFF_HEADER_BYTES = 12;
const HAS_EXIF = 0b0000_1000;

/** @param webp of one plain `VP8 ` chunk, as sharp writes a picture without alpha and metadata  @param size of its pixels */
export function withWebpExif(webp: Uint8Array, size: { width: number; height: number }, texts: ExifTexts): Uint8Array {
  const bytes = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength);
  if (bytes.toString('latin1', 12, 16) !== 'VP8 ')
    throw new SafelightError('INTERNAL', 'the WebP encoder wrote something other than a VP8 chunk');
  const extended = Buffer.alloc(10);
  extended[0] = HAS_EXIF;
  extended.writeUIntLE(size.width - 1, 4, 3);
  extended.writeUIntLE(size.height - 1, 7, 3);
  const body = [
    toRiffChunk('VP8X', extended),
    bytes.subarray(RIFF_HEADER_BYTES),
    toRiffChunk('EXIF', toExifBlock(texts)),
  ];
  return toRiffChunk('RIFF', Buffer.concat([Buffer.from('WEBP', 'latin1'), ...body]));
}

/** Chunks are padded to an even length, which their own length does not count. */
function toRiffChunk(type: string, data: Buffer): Buffer {
  const frame = Buffer.alloc(8);
  frame.write(type, 'latin1');
  frame.writeUInt32LE(data.length, 4);
  return Buffer.concat([frame, data, Buffer.alloc(data.length % 2)]);
}
