/** Palette pictures → sixel (DEC STD 070): bands of six pixel rows, one pass a colour, runs counted. */
import { DITHER, ditherPlace } from './dither.js';
import type { RgbPicture } from './resample.js';

export interface PalettePicture {
  width: number;
  height: number;
  /** One of the palette a pixel, row by row. */
  indices: Uint8Array;
  /** RGB, 8 bits. */
  palette: Uint8Array;
}

const [DCS, ST] = ['\x1bP', '\x1b\\'];
const BAND = 6;
const MAX_COLORS = 256;
/** A sixel is its six bits plus this. */
const SIXEL_ZERO = 63;
const [REPEAT, COLOR, BAND_START, NEXT_BAND] = [...'!#$-'].map((mark) => mark.charCodeAt(0));

/**
 * P2 = 1: what a pass leaves out stays as it is. The raster attributes tell square pixels and the size.
 * @param zoom dots of the screen to a pixel, each way
 */
export function toSixel(picture: PalettePicture, zoom = 1): string {
  const [width, height] = [picture.width * zoom, picture.height * zoom];
  const bands = Array.from({ length: Math.ceil(height / BAND) }, (_, band) => band);
  const encode = createBandEncoder(picture, zoom);
  const body = bands.map(encode).join(String.fromCharCode(NEXT_BAND));
  return `${DCS}0;1;0q"1;1;${width};${height}${toRegisters(picture)}${body}${ST}`;
}

/** Colours are told in percent; those that are not used are not told. */
function toRegisters({ indices, palette }: PalettePicture): string {
  const percent = (value: number) => Math.round((value * 100) / 255);
  const isUsed = new Uint8Array(MAX_COLORS);
  for (let at = 0; at < indices.length; at++) isUsed[indices[at]] = 1;
  return Array.from(isUsed, (used, index) => (used === 1 ? index : -1))
    .filter((index) => index >= 0)
    .map((index) => `#${index};2;${[0, 1, 2].map((channel) => percent(palette[index * 3 + channel])).join(';')}`)
    .join('');
}

/** Keeps its memory from band to band. Its time grows with the pixels, not with colours × width. */
function createBandEncoder({ width, height, indices }: PalettePicture, zoom: number): (band: number) => string {
  const bits = new Uint8Array(MAX_COLORS * width);
  /** Of each colour, where it has pixels, from the left. */
  const columns = new Uint16Array(MAX_COLORS * width);
  const counts = new Uint16Array(MAX_COLORS);
  /** Of each row of the band, in `indices`. */
  const starts = new Uint32Array(BAND);
  // Each pixel is at worst a run of its own behind a counted gap (`!1234?!5x`), each colour a `$#255`.
  const out = Buffer.alloc(width * BAND * 10 + MAX_COLORS * 5);

  /** Which pixels of the band have which colour. @returns the colours that there are */
  function collect(band: number): number[] {
    const used: number[] = [];
    const rows = Math.min(BAND, height * zoom - band * BAND);
    for (let row = 0; row < rows; row++) starts[row] = Math.floor((band * BAND + row) / zoom) * width;
    for (let x = 0; x < width; x++) {
      for (let row = 0; row < rows; row++) {
        const color = indices[starts[row] + x];
        const at = color * width + x;
        if (counts[color] === 0) used.push(color);
        if (bits[at] === 0) columns[color * width + counts[color]++] = x;
        bits[at] |= 1 << row;
      }
    }
    return used;
  }

  return (band) => {
    let length = 0;
    for (const color of collect(band)) {
      if (length > 0) out[length++] = BAND_START;
      out[length++] = COLOR;
      length = writeNumber(out, length, color);
      const start = color * width;
      const own = bits.subarray(start, start + width);
      length = writePass(out, length, { bits: own, columns: columns.subarray(start, start + counts[color]), zoom });
      counts[color] = 0;
    }
    return out.toString('latin1', 0, length);
  };
}

interface Pass {
  bits: Uint8Array;
  columns: Uint16Array;
  zoom: number;
}

/** Of one colour; takes the bits away. @returns where to go on */
function writePass(out: Buffer, at: number, { bits, columns, zoom }: Pass): number {
  let length = at;
  let next = 0;
  for (let i = 0; i < columns.length; ) {
    const start = columns[i];
    const six = bits[start];
    length = writeRun(out, length, (start - next) * zoom, 0);
    next = start;
    for (; columns[i] === next && bits[next] === six; i++) bits[next++] = 0;
    length = writeRun(out, length, (next - start) * zoom, six);
  }
  return length;
}

/** Of equal sixels, none or more. @returns where to go on */
function writeRun(out: Buffer, at: number, count: number, six: number): number {
  let length = at;
  if (count > 3) {
    out[length++] = REPEAT;
    length = writeNumber(out, length, count);
    out[length++] = SIXEL_ZERO + six;
  } else for (let i = 0; i < count; i++) out[length++] = SIXEL_ZERO + six;
  return length;
}

function writeNumber(out: Buffer, at: number, value: number): number {
  let length = at;
  if (value > 999) out[length++] = 48 + Math.floor(value / 1000);
  if (value > 99) out[length++] = 48 + (Math.floor(value / 100) % 10);
  if (value > 9) out[length++] = 48 + (Math.floor(value / 10) % 10);
  out[length++] = 48 + (value % 10);
  return length;
}

/** Green gets most steps and blue fewest, as the eye sees them: 240 colours that fit every picture. */
const LEVELS = { red: 6, green: 8, blue: 5 } as const;
export const FIXED_COLORS = LEVELS.red * LEVELS.green * LEVELS.blue;
const FIXED_PALETTE = Uint8Array.from(
  Array.from({ length: FIXED_COLORS }, (_, index) => {
    const [red, green] = [Math.floor(index / (LEVELS.green * LEVELS.blue)), Math.floor(index / LEVELS.blue)];
    const share = (level: number, levels: number) => Math.round(((level % levels) * 255) / (levels - 1));
    return [share(red, LEVELS.red), share(green, LEVELS.green), share(index, LEVELS.blue)];
  }).flat(),
);

/** What each value of a channel adds to the index, at each of the dither's places. */
function toSteps(levels: number, stride: number): Uint8Array {
  return Uint8Array.from({ length: DITHER.length * 256 }, (_, at) => {
    const exact = Math.round(((at % 256) * (levels - 1)) / 255 + DITHER[Math.floor(at / 256)]);
    return Math.min(levels - 1, Math.max(0, exact)) * stride;
  });
}

const RED_STEPS = toSteps(LEVELS.red, LEVELS.green * LEVELS.blue);
const GREEN_STEPS = toSteps(LEVELS.green, LEVELS.blue);
const BLUE_STEPS = toSteps(LEVELS.blue, 1);

/** Quick, for previews: nothing is counted or searched. */
export function toFixedPalette({ width, height, pixels }: RgbPicture): PalettePicture {
  const indices = new Uint8Array(width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const place = ditherPlace(x, y) * 256;
      const [red, green, blue] = [pixels[at * 3], pixels[at * 3 + 1], pixels[at * 3 + 2]];
      indices[at] = RED_STEPS[place + red] + GREEN_STEPS[place + green] + BLUE_STEPS[place + blue];
    }
  }
  return { width, height, indices, palette: FIXED_PALETTE };
}

/** @param picture of at most 256 colours. @throws RangeError when it has more */
export function toOwnPalette({ width, height, pixels }: RgbPicture): PalettePicture {
  const known = new Map<number, number>();
  const indices = new Uint8Array(width * height);
  for (let at = 0; at < indices.length; at++) {
    const color = (pixels[at * 3] << 16) | (pixels[at * 3 + 1] << 8) | pixels[at * 3 + 2];
    const index = known.get(color) ?? known.size;
    if (index === MAX_COLORS) throw new RangeError('more than 256 colours');
    if (index === known.size) known.set(color, index);
    indices[at] = index;
  }
  const palette = Uint8Array.from([...known.keys()].flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  return { width, height, indices, palette };
}
