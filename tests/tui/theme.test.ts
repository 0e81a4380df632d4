import { describe, expect, test } from 'vitest';
import { PALETTES, type Palette } from '../../src/tui/theme.js';

type Rgb = [number, number, number];

const toRgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;

/** WCAG 2.2: relative luminance, and the contrast of two colours. */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Rgb, b: Rgb): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** What chalk makes of a colour on a terminal of 256 (ansi-styles, rgbToAnsi256), in xterm's colours. */
function toXterm256(rgb: Rgb): Rgb {
  const [red, green, blue] = rgb.map((value) => value >> 4);
  if (red === green && green === blue) return Array(3).fill(8 + 10 * Math.round(((rgb[0] - 8) / 247) * 24)) as Rgb;
  return rgb.map((value) => [0, 95, 135, 175, 215, 255][Math.round((value / 255) * 5)]) as Rgb;
}

const [BLACK, WHITE]: Rgb[] = [
  [0, 0, 0],
  [255, 255, 255],
];
const colorsOf = (palette: Palette) => Object.entries(palette) as [keyof Palette, string][];

describe.each([
  ['dark', [BLACK]],
  ['light', [WHITE]],
  ['unknown', [BLACK, WHITE]],
] as const)('on a background that is %s', (background, grounds) => {
  test.each(colorsOf(PALETTES[background]))('%s (%s) can be read', (_, color) => {
    for (const ground of grounds) expect(contrast(toRgb(color), ground)).toBeGreaterThanOrEqual(4.5);
  });
});

describe.each([
  // Solarized, Dracula and Nord are not black, Solarized Light and Latte not white.
  ['dark', ['#000000', '#002b36', '#282a36', '#2e3440']],
  ['light', ['#ffffff', '#fdf6e3', '#eff1f5']],
] as const)('%s: on other grounds, and in 256 colours', (background, grounds) => {
  test.each(colorsOf(PALETTES[background]))('%s (%s)', (_, color) => {
    for (const ground of grounds) expect(contrast(toRgb(color), toRgb(ground))).toBeGreaterThanOrEqual(4.5);
    const plain = background === 'dark' ? BLACK : WHITE;
    expect(contrast(toXterm256(toRgb(color)), plain)).toBeGreaterThanOrEqual(4.5);
  });
});
