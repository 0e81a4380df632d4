/** The text of EXIF's UserComment, whose encoding writers disagree on: found by what the bytes are, not by what they claim. */

/** EXIF 2.32 §4.6.5: eight bytes name the encoding. Some leave them out. */
const CODE_BYTES = 8;
const CODE = /^(UNICODE|ASCII|JIS|)[\0 ]+$/i;
const ISO_2022_ESCAPE = 0x1b;

/** Without the zeros that end or fill it. No letter is lost, whatever the encoding is. */
export function readUserComment(bytes: Buffer): string {
  const code = CODE.exec(bytes.toString('latin1', 0, CODE_BYTES))?.[1].toUpperCase();
  const body = code === undefined ? bytes : bytes.subarray(CODE_BYTES);
  return readText(body, code).replace(/\0+$/, '');
}

function readText(bytes: Buffer, code: string | undefined): string {
  const marked = readMarked(bytes);
  if (marked !== undefined) return marked;
  if (code === 'JIS' && bytes.includes(ISO_2022_ESCAPE)) return new TextDecoder('iso-2022-jp').decode(bytes);
  const narrow = trimZeros(bytes);
  const utf8 = narrow.includes(0) ? undefined : readUtf8(narrow);
  if (utf8 !== undefined) return utf8;
  const isWide = code === 'UNICODE' || narrow.includes(0);
  return isWide ? readUtf16(bytes) : bytes.toString('latin1');
}

/** By the byte order mark that it begins with. */
function readMarked(bytes: Buffer): string | undefined {
  const mark = bytes.toString('hex', 0, 3);
  if (mark === 'efbbbf') return bytes.toString('utf8', 3);
  if (mark.startsWith('fffe')) return toUtf16(bytes.subarray(2), 'little');
  return mark.startsWith('feff') ? toUtf16(bytes.subarray(2), 'big') : undefined;
}

function trimZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

function readUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

type Order = 'big' | 'little';

/** The settings of a picture are ASCII: this share of a text settles the byte order. */
const SURE_SHARE = 0.2;

/**
 * The order that makes plausible text of the whole: ASCII; else whole surrogate pairs; else few upper bytes, as the letters of
 * a script lie together. The first byte says little: it may belong to a quotation mark, or to a letter of any script.
 */
function readUtf16(bytes: Buffer): string {
  const [big, little] = [describe(bytes, 'big'), describe(bytes, 'little')];
  const isSure = Math.max(big.ascii, little.ascii) >= SURE_SHARE * (bytes.length / 2);
  const lead = (isSure ? big.ascii - little.ascii : 0) || little.broken - big.broken || little.uppers - big.uppers;
  return toUtf16(bytes, lead >= 0 ? 'big' : 'little');
}

function describe(bytes: Buffer, order: Order): { ascii: number; broken: number; uppers: number } {
  const upper = order === 'big' ? 0 : 1;
  const uppers = new Set<number>();
  let [ascii, broken, isOpen] = [0, 0, false];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const [high, low] = [bytes[at + upper], bytes[at + 1 - upper]];
    uppers.add(high);
    if (high === 0 && (low === 10 || (low >= 32 && low < 127))) ascii++;
    const isSecond = high >= 0xdc && high <= 0xdf;
    if (isSecond !== isOpen || (high === 0xff && low >= 0xfe)) broken++;
    isOpen = high >= 0xd8 && high <= 0xdb;
  }
  return { ascii, broken, uppers: uppers.size };
}

function toUtf16(bytes: Buffer, order: Order): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (order === 'big' ? even.swap16() : even).toString('utf16le');
}
