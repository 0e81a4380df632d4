/** RGB → text: each cell is an upper half block, its two pixels the fore- and the background colour. Pure. */

export interface Rgb {
  width: number;
  height: number;
  /** RGB, 8 bits, row by row. */
  pixels: Uint8Array;
}

const RESET = '\x1b[0m';

/** One string a text row (two pixel rows), each ending with a reset; an odd last row has no background. */
export function toHalfBlocks({ width, height, pixels }: Rgb, options: { color: 'truecolor' | '256' }): string[] {
  const toCode = options.color === 'truecolor' ? toTruecolor : to256;
  const codeAt = (x: number, y: number) => {
    const i = (y * width + x) * 3;
    return toCode(pixels[i], pixels[i + 1], pixels[i + 2]);
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
    let text = '';
    let last = '';
    for (let x = 0; x < width; x++) {
      const lower = row * 2 + 1 < height ? `;48;${codeAt(x, row * 2 + 1)}` : '';
      const code = `38;${codeAt(x, row * 2)}${lower}`;
      // A colour that goes on need not be said again: half the bytes of a calm picture.
      text += code === last ? '▀' : `\x1b[${code}m▀`;
      last = code;
    }
    return text + RESET;
  });
}

function toTruecolor(r: number, g: number, b: number): string {
  return `2;${r};${g};${b}`;
}

const CUBE_LEVELS = [0, 95, 135, 175, 215, 255];
const GREY_START = 232;

/** The nearest of xterm's 6×6×6 cube and its 24 greys. */
function to256(r: number, g: number, b: number): string {
  const cube = [r, g, b].map(nearestLevel);
  const grey = Math.min(Math.max(Math.round(((r + g + b) / 3 - 8) / 10), 0), 23);
  const distance = (rgb: number[]) => (rgb[0] - r) ** 2 + (rgb[1] - g) ** 2 + (rgb[2] - b) ** 2;
  const cubeDistance = distance(cube.map((level) => CUBE_LEVELS[level]));
  const greyDistance = distance(Array<number>(3).fill(8 + grey * 10));
  const index = cubeDistance <= greyDistance ? 16 + 36 * cube[0] + 6 * cube[1] + cube[2] : GREY_START + grey;
  return `5;${index}`;
}

function nearestLevel(value: number): number {
  let nearest = 0;
  for (let i = 1; i < CUBE_LEVELS.length; i++) {
    if (Math.abs(CUBE_LEVELS[i] - value) < Math.abs(CUBE_LEVELS[nearest] - value)) nearest = i;
  }
  return nearest;
}
