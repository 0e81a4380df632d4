/**
 * Makes the README's pictures: runs the built command in a real pty, reads the screen from a terminal emulator, and draws
 * its cells as SVG. `npm run build && node scripts/screenshot.mjs` writes docs/images/.
 */
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import sharp from 'sharp';

const COLUMNS = 104;
const ROWS = 30;
const CELL = { width: 9, height: 18 };
const PADDING = 16;
const BACKGROUND = '#101014';
const FOREGROUND = '#d8d8e0';
const ANSI = ['#000000', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#abb2bf'];
const BRIGHT = ['#5c6370', '#ff7a85', '#b5e890', '#ffd68a', '#7cc4ff', '#dd9cf0', '#6fd6e0', '#ffffff'];
const PROMPT = 'a cyberpunk city at night';
const root = resolve(import.meta.dirname, '..');

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

function colour(cell, ground) {
  const value = ground === 'fg' ? cell.getFgColor() : cell.getBgColor();
  if (ground === 'fg' ? cell.isFgRGB() : cell.isBgRGB()) {
    return toHex([(value >> 16) & 255, (value >> 8) & 255, value & 255]);
  }
  if (ground === 'fg' ? cell.isFgPalette() : cell.isBgPalette()) return paletteColour(value);
  return undefined;
}

/** Half blocks are drawn as rectangles: no font has them without gaps. */
function drawCell(cell, x, y) {
  const chars = cell.getChars();
  let [fore, back] = [colour(cell, 'fg') ?? FOREGROUND, colour(cell, 'bg')];
  if (cell.isInverse()) [fore, back] = [back ?? BACKGROUND, fore];
  const rect = (fill, top, height) =>
    `<rect x="${x}" y="${top}" width="${CELL.width + 0.3}" height="${height + 0.3}" fill="${fill}"/>`;
  const ground = back === undefined ? '' : rect(back, y, CELL.height);
  if (chars === '▀') return ground + rect(fore, y, CELL.height / 2);
  if (chars.trim() === '') return ground;
  const text = chars.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const style = `${cell.isBold() ? ' font-weight="bold"' : ''}${cell.isDim() ? ' opacity="0.6"' : ''}`;
  return `${ground}<text x="${x}" y="${y + CELL.height * 0.75}" fill="${fore}"${style}>${text}</text>`;
}

async function shoot(terminal, file) {
  const buffer = terminal.buffer.active;
  const cells = [];
  for (let y = 0; y < ROWS; y++) {
    const line = buffer.getLine(buffer.viewportY + y);
    for (let x = 0; x < COLUMNS; x++) {
      const cell = line?.getCell(x);
      if (cell !== undefined) cells.push(drawCell(cell, PADDING + x * CELL.width, PADDING + y * CELL.height));
    }
  }
  const [width, height] = [COLUMNS * CELL.width + PADDING * 2, ROWS * CELL.height + PADDING * 2];
  const font = 'font-family="DejaVu Sans Mono, monospace" font-size="15"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="10" fill="${BACKGROUND}"/><g ${font}>${cells.join('')}</g></svg>`;
  await sharp(Buffer.from(svg)).png({ palette: true, quality: 90 }).toFile(file);
}

const out = await mkdtemp(join(tmpdir(), 'safelight-shot-'));
const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
const { PATH, HOME } = process.env;
const env = { PATH, HOME, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
const args = [join(root, 'dist/cli/main.js'), '-o', out, '-s', '60', '--seed', '42'];
const pty = spawn(process.execPath, args, { cols: COLUMNS, rows: ROWS, env, cwd: out });
pty.onData((data) => terminal.write(data));
/** Between frames, as a terminal that knows synchronized output (mode 2026) shows it. */
const frameIsWhole = () => !terminal.modes.synchronizedOutputMode;

const screen = () => {
  const buffer = terminal.buffer.active;
  return Array.from(
    { length: ROWS },
    (_, y) => buffer.getLine(buffer.viewportY + y)?.translateToString(true) ?? '',
  ).join('\n');
};
async function until(words) {
  for (let i = 0; !(frameIsWhole() && words.test(screen())); i++) {
    if (i > 3000) throw new Error(`never saw ${words}:\n${screen()}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

try {
  await until(/generate/);
  pty.write(PROMPT);
  await until(new RegExp(PROMPT));
  pty.write('\r');
  await until(/step 3\d\/60/);
  await shoot(terminal, join(root, 'docs/images/terminal.png'));
  await until(/same again/);
  await new Promise((done) => setTimeout(done, 300));
  pty.write('q');
  const [file] = await readdir(out);
  await rename(join(out, file), join(root, 'docs/images/picture.png'));
} finally {
  pty.kill();
  await rm(out, { recursive: true, force: true });
}
process.exit(0);
