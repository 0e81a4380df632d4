/** Which picture files are read, decided by their first bytes, and what any other file is, so that a refusal can say so. */

/** Of the kinds that libvips decodes here: PNG, JPEG, GIF, TIFF in both byte orders (also its 64-bit form). */
const READABLE = ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
/** [what it is, the bytes as Latin-1 text, and where they stand]. */
const SIGNATURES: readonly [name: string, bytes: string, offset: number][] = [
  ['a BMP picture', 'BM', 0],
  ['a Photoshop file', '8BPS', 0],
  ['a GIMP file', 'gimp xcf', 0],
  ['a JPEG XL picture', '\xff\x0a', 0],
  ['a JPEG XL picture', 'JXL ', 4],
  ['a JPEG 2000 picture', 'jP  ', 4],
  ['a Windows icon', '\x00\x00\x01\x00', 0],
  ['an OpenEXR picture', '\x76\x2f\x31\x01', 0],
  ['a PDF document', '%PDF', 0],
  ['a ZIP archive', 'PK\x03\x04', 0],
];
/** Brands of ISO 23008-12: files of iPhones; AVIF has brands of its own. */
const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs', 'mif1', 'msf1'];
const SNIFFED_BYTES = 4096;

/** @returns `a BMP picture`, `HEIC`, …; undefined where the bytes say nothing */
export function kindOfFile(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, SNIFFED_BYTES)).toString('latin1');
  if (isHeic(brandsOf(head))) return 'a HEIC picture';
  if (/^[\s\xef\xbb\xbf]*<(?:\?xml|!doctype svg|svg)\b/i.test(head) && /<svg\b/i.test(head)) return 'an SVG drawing';
  if (isText(bytes.subarray(0, SNIFFED_BYTES)) && !head.startsWith('%PDF')) return 'text';
  if (head.startsWith('ftyp', 4) && !isAvif(brandsOf(head))) return 'a video';
  return SIGNATURES.find(([, signature, offset]) => head.startsWith(signature, offset))?.[0];
}

/** Does the file begin as a picture that can be decoded? It may still be damaged. */
export function isReadablePicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, SNIFFED_BYTES)).toString('latin1');
  const isWebp = head.startsWith('RIFF') && head.startsWith('WEBP', 8);
  return isWebp || READABLE.some((magic) => head.startsWith(magic)) || isAvif(brandsOf(head));
}

/** How a refusal of a file that is not readable continues after its name. */
export function toUnreadableWords(bytes: Uint8Array): string {
  const kind = kindOfFile(bytes);
  return kind === undefined ? 'is not a picture that can be read here' : `is ${kind}, which cannot be read here`;
}

/** The box `ftyp` lists the major brand, a version and the compatible brands, four bytes each. */
function brandsOf(head: string): string[] {
  if (!head.startsWith('ftyp', 4)) return [];
  const end = Buffer.from(head.slice(0, 4), 'latin1').readUInt32BE();
  return head.slice(8, end).match(/.{4}/gs) ?? [];
}

function isAvif(brands: string[]): boolean {
  return brands.includes('avif') || brands.includes('avis');
}

function isHeic(brands: string[]): boolean {
  return !isAvif(brands) && brands.some((brand) => HEIC_BRANDS.includes(brand));
}

/** Whole letters of UTF-8, and of the control characters only those that texts have. */
function isText(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes, { stream: true });
  return text !== '' && !/[^\P{Control}\s]|\ufffd/u.test(text);
}
