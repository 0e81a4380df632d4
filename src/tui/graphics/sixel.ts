/** Palette pictures → sixel (DEC STD 070): bands of six pixel rows, one pass a colour, runs counted. */
import { ditherAt } from './dither.js';
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

/** P2 = 1: what a pass leaves out stays as it is. The raster attributes tell square pixels and the size. */
export function toSixel(picture: PalettePicture): string {
  const { width, height } = picture;
  const bands = Array.from({ length: Math.ceil(height / BAND) }, (_, band) => band);
  const encode = createBandEncoder(picture);
  const body = bands.map(encode).join(String.fromCharCode(NEXT_BAND));
  return `${DCS}0;1;0q"1;1;${width};${height}${toRegisters(picture)}${body}${ST}`;
}

/** Colours are told in percent; those that are not used are not told. */
function toRegisters({ indices, palette }: PalettePicture): string {
  const percent = (value: number) => Math.round((value * 100) / 255);
  return [...new Set(indices)]
    .sort((a, b) => a - b)
    .map((index) => `#${index};2;${[0, 1, 2].map((channel) => percent(palette[index * 3 + channel])).join(';')}`)
    .join('');
}

/** Keeps its memory from band to band. */
function createBandEncoder({ width, height, indices }: PalettePicture): (band: number) => string {
  const bits = new Uint8Array(MAX_COLORS * width);
  const ends = new Uint32Array(MAX_COLORS);
  // Each pixel is at worst a sixel of its own behind a counted gap (`!1234?x`), each colour a `$#255`.
  const out = Buffer.alloc(width * BAND * 7 + MAX_COLORS * 5);

  /** Which pixels of the band have which colour. */
  function collect(band: number): number[] {
    const used: number[] = [];
    for (let row = 0; row < BAND && band * BAND + row < height; row++) {
      const start = (band * BAND + row) * width;
      for (let x = 0; x < width; x++) {
        const color = indices[start + x];
        if (ends[color] === 0) used.push(color);
        bits[color * width + x] |= 1 << row;
        if (ends[color] <= x) ends[color] = x + 1;
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
      length = writeRuns(out, length, bits.subarray(color * width, color * width + ends[color]));
      bits.fill(0, color * width, color * width + ends[color]);
      ends[color] = 0;
    }
    return out.toString('latin1', 0, length);
  };
}

/** @returns where to go on */
function writeRuns(out: Buffer, at: number, sixels: Uint8Array): number {
  let length = at;
  for (let start = 0; start < sixels.length; ) {
    let end = start + 1;
    while (end < sixels.length && sixels[end] === sixels[start]) end++;
    const [count, sixel] = [end - start, SIXEL_ZERO + sixels[start]];
    if (count > 3) {
      out[length++] = REPEAT;
      length = writeNumber(out, length, count);
      out[length++] = sixel;
    } else for (let i = 0; i < count; i++) out[length++] = sixel;
    start = end;
  }
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
const FIXED_PALETTE = Uint8Array.from(
  Array.from({ length: LEVELS.red * LEVELS.green * LEVELS.blue }, (_, index) => {
    const [red, green] = [Math.floor(index / (LEVELS.green * LEVELS.blue)), Math.floor(index / LEVELS.blue)];
    const share = (level: number, levels: number) => Math.round(((level % levels) * 255) / (levels - 1));
    return [share(red, LEVELS.red), share(green, LEVELS.green), share(index, LEVELS.blue)];
  }).flat(),
);

/** Quick, for previews: nothing is counted or searched. */
export function toFixedPalette({ width, height, pixels }: RgbPicture): PalettePicture {
  const indices = new Uint8Array(width * height);
  const level = (value: number, levels: number, offset: number) => {
    const exact = Math.round((value * (levels - 1)) / 255 + offset);
    return exact < 0 ? 0 : exact >= levels ? levels - 1 : exact;
  };
  for (let at = 0; at < indices.length; at++) {
    const offset = ditherAt(at % width, Math.floor(at / width));
    const red = level(pixels[at * 3], LEVELS.red, offset);
    const green = level(pixels[at * 3 + 1], LEVELS.green, offset);
    indices[at] = (red * LEVELS.green + green) * LEVELS.blue + level(pixels[at * 3 + 2], LEVELS.blue, offset);
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
