/** The colours of a dark terminal: what a cell's fore- and background are as hex. */
export const BACKGROUND = '#101014';
export const FOREGROUND = '#d8d8e0';
const ANSI = ['#000000', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#abb2bf'];
const BRIGHT = ['#5c6370', '#ff7a85', '#b5e890', '#ffd68a', '#7cc4ff', '#dd9cf0', '#6fd6e0', '#ffffff'];

/** @returns undefined for the terminal's own colour */
export function colourOf(cell, ground) {
  const value = ground === 'fore' ? cell.getFgColor() : cell.getBgColor();
  if (ground === 'fore' ? cell.isFgRGB() : cell.isBgRGB()) {
    return toHex([(value >> 16) & 255, (value >> 8) & 255, value & 255]);
  }
  if (ground === 'fore' ? cell.isFgPalette() : cell.isBgPalette()) return paletteColour(value);
  return undefined;
}

function paletteColour(index) {
  if (index < 8) return ANSI[index];
  if (index < 16) return BRIGHT[index - 8];
  if (index >= 232) return toHex(Array(3).fill(8 + (index - 232) * 10));
  const level = (value) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return toHex([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]);
}

function toHex(rgb) {
  return `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
