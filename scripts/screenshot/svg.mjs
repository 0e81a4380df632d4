/** A terminal's screen as SVG: each cell by its own, pictures over their placeholders. */
import { BACKGROUND, colourOf, FOREGROUND } from './colours.mjs';
import { isPlaceholder } from './kitty-pictures.mjs';

/** In points. */
export const CELL = { width: 9, height: 18 };
const PADDING = 16;
const CORNER = 10;
const CARET = '#ff6b57';
const FONT = 'font-family="DejaVu Sans Mono, monospace" font-size="15"';
const [left, top] = [(x) => PADDING + x * CELL.width, (y) => PADDING + y * CELL.height];

export function toSvg({ cells, pictures, caret, columns, rows }) {
  const [width, height] = [columns * CELL.width + PADDING * 2, rows * CELL.height + PADDING * 2];
  const body = [
    ...cells.map(drawCell),
    ...pictures.map(drawPicture),
    caret === undefined ? '' : rect(CARET, left(caret.x), top(caret.y) + 1, 2, CELL.height - 2),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" rx="${CORNER}" fill="${BACKGROUND}"/>`,
    `<g ${FONT}>${body.join('')}</g></svg>`,
  ].join('');
}

function rect(fill, x, y, width, height) {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}

/** Half blocks are drawn as rectangles, a little wider than their cells: no font has them without gaps. */
function drawCell({ cell, x, y }) {
  const chars = cell.getChars();
  if (isPlaceholder(cell)) return '';
  let [fore, back] = [colourOf(cell, 'fore') ?? FOREGROUND, colourOf(cell, 'back')];
  if (cell.isInverse()) [fore, back] = [back ?? BACKGROUND, fore];
  const block = (fill, height) => rect(fill, left(x), top(y), CELL.width + 0.3, height + 0.3);
  const ground = back === undefined ? '' : block(back, CELL.height);
  if (chars === '▀') return ground + block(fore, CELL.height / 2);
  if (chars.trim() === '') return ground;
  const text = chars.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const style = `${cell.isBold() ? ' font-weight="bold"' : ''}${cell.isDim() ? ' opacity="0.6"' : ''}`;
  return `${ground}<text x="${left(x)}" y="${top(y) + CELL.height * 0.75}" fill="${fore}"${style}>${text}</text>`;
}

function drawPicture({ x, y, columns, rows, base64 }) {
  const size = `width="${columns * CELL.width}" height="${rows * CELL.height}"`;
  const place = `x="${left(x)}" y="${top(y)}" ${size} preserveAspectRatio="none"`;
  return `<image ${place} href="data:image/png;base64,${base64}"/>`;
}
