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

/** What real text has not: control characters, halves of pairs, code points of private use or of nothing. */
const ODD = /[\p{Cs}\p{Co}\p{Cn}]|[^\P{Cc}\t\r\n]/gu;
const ASCII = /[\n -~]/g;
/** An odd one speaks louder against an order than a letter of ASCII for it: CJK text read the wrong way has a few of these. */
const ODD_WEIGHT = 3;

/**
 * The order that makes plausible text of the whole: much ASCII, as the settings of a picture are, nothing odd, and few
 * different upper bytes, as the letters of a script lie together. The first byte says little: it may be half of a quotation mark.
 */
function readUtf16(bytes: Buffer): string {
  const [big, little] = [toUtf16(bytes, 'big'), toUtf16(bytes, 'little')];
  return plausibilityOf(big) >= plausibilityOf(little) ? big : little;
}

function plausibilityOf(text: string): number {
  return countOf(text, ASCII) - ODD_WEIGHT * countOf(text, ODD) - countUppers(text);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function countUppers(text: string): number {
  const uppers = new Set<number>();
  for (let at = 0; at < text.length; at++) uppers.add(text.charCodeAt(at) >> 8);
  return uppers.size;
}

function toUtf16(bytes: Buffer, order: Order): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (order === 'big' ? even.swap16() : even).toString('utf16le');
}
