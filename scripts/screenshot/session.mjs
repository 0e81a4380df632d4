/** The built command in a real pty, and a terminal emulator with kitty's pictures that a person could sit at. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { BACKGROUND } from './colours.mjs';
import { createKittyPictures, withoutPlaceholders } from './kitty-pictures.mjs';
import { CELL, toSvg } from './svg.mjs';

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js');
/** Pixels for a point, as on a screen of high density. */
export const DENSITY = 2;
const PATIENCE_MS = 60_000;
const LOOK_MS = 10;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** @param cwd where `generated_images/` comes to lie; settings, prompts and journal go beside it */
export function openSession({ args, cwd, columns = 110, rows = 30 }) {
  mkdirSync(join(cwd, 'config'), { recursive: true });
  writeFileSync(join(cwd, 'config', 'settings.json'), '{}'); // else the first page asks where pictures are made
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const { PATH, HOME } = process.env;
  const pty = spawn(process.execPath, [MAIN, ...args], {
    ...{ cols: columns, rows, cwd },
    env: {
      ...{ PATH, HOME, TERM: 'xterm-kitty', COLORTERM: 'truecolor', LANG: 'C.UTF-8' },
      SAFELIGHT_CONFIG_DIR: join(cwd, 'config'),
      SAFELIGHT_DATA_DIR: join(cwd, 'data'),
      SAFELIGHT_JOURNAL_DIR: join(cwd, 'journal'),
    },
  });
  const pictures = createKittyPictures({ reply: (text) => pty.write(text) });
  const caret = answerQueries(terminal, (text) => pty.write(text));
  let [open, hasEnded] = ['', false];
  pty.onData((data) => {
    const split = pictures.split(open + data);
    open = split.open;
    for (const { text, take } of split.parts) terminal.write(text, take);
  });
  const ended = new Promise((done) => {
    pty.onExit(() => {
      hasEnded = true;
      done();
    });
  });

  const line = (y) => terminal.buffer.active.getLine(terminal.buffer.active.viewportY + y);
  const words = (y) => withoutPlaceholders(line(y)?.translateToString(true) ?? '');
  const text = () => Array.from({ length: rows }, (_, y) => words(y)).join('\n');

  /** The screen between two frames, as a terminal that knows synchronized output (mode 2026) shows it. */
  async function whole() {
    while (terminal.modes.synchronizedOutputMode) await pause(1);
  }

  function frame() {
    const cells = Array.from({ length: rows * columns }, (_, at) => {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      return { x, y, cell: line(y)?.getCell(x) };
    }).filter(({ cell }) => cell !== undefined);
    return { cells, pictures: pictures.find(cells), caret: caret(), columns, rows };
  }

  async function until(holds) {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      await whole();
      if (holds({ text: text(), pictures: frame().pictures })) return;
      if (hasEnded || Date.now() > giveUpAt) throw new Error(`never seen: ${holds}\n${text()}`);
      await pause(LOOK_MS);
    }
  }

  return {
    type: (keys) => pty.write(keys),
    /** As a person does: a key, and a moment. */
    async typeSlowly(keys, msPerKey) {
      for (const key of keys) {
        pty.write(key);
        await pause(msPerKey);
      }
    },
    /** Waits for what is on screen: its text, and its pictures. */
    until,
    shows: (sought) => until(({ text: now }) => (sought instanceof RegExp ? sought.test(now) : now.includes(sought))),
    /** The screen as SVG. @throws Error when a picture is cut */
    async shoot() {
      await whole();
      const now = frame();
      const cut = now.pictures.find(({ cells, columns: across, rows: down }) => cells !== across * down);
      if (cut !== undefined) throw new Error(`a picture with ${cut.cells} of its cells\n${text()}`);
      return toSvg(now);
    },
    async close() {
      pty.kill();
      await ended;
    },
  };
}

/** What the emulator does not answer by itself: who it is, how large its cells are, that its background is dark. @returns where the caret is seen */
function answerQueries(terminal, reply) {
  let isCaretVisible = true;
  const { parser } = terminal;
  const [width, height] = [CELL.width * DENSITY, CELL.height * DENSITY];
  parser.registerCsiHandler({ prefix: '>', final: 'q' }, () => {
    reply('\x1bP>|kitty(0.41.1)\x1b\\');
    return true;
  });
  parser.registerCsiHandler({ final: 't' }, ([what]) => {
    if (what === 14) reply(`\x1b[4;${height * terminal.rows};${width * terminal.cols}t`);
    if (what === 16) reply(`\x1b[6;${height};${width}t`);
    return true;
  });
  parser.registerOscHandler(11, () => {
    reply(`\x1b]11;rgb:${BACKGROUND.match(/[\da-f]{2}/g).join('/')}\x1b\\`);
    return true;
  });
  for (const final of ['h', 'l']) {
    parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
      if (modes.includes(25)) isCaretVisible = final === 'h';
      return false; // the emulator has its own part to do
    });
  }
  terminal.onData(reply);
  return () => {
    const { cursorX, cursorY } = terminal.buffer.active;
    return isCaretVisible ? { x: cursorX, y: cursorY } : undefined;
  };
}
