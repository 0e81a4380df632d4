/** Runs the built command in a real pseudo-terminal, with a headless xterm that shows what a person would see. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { cleanEnv, SAFELIGHT } from './run-safelight.js';

export interface PtyTerminal {
  type(keys: string): void;
  /** What is on screen now, one string a row. */
  rows(): string[];
  text(): string;
  /** All that the program has written. */
  readonly bytes: string;
  readonly cursor: { row: number; column: number };
  /** Cells on screen that have a colour of their own. */
  coloredCells(): number;
  /** The screen's cells of colour as one string: changes when a picture does. */
  picture(): string;
  readonly isAlternateScreen: boolean;
  readonly isCursorVisible: boolean;
  /** What the program has switched on and not off again: paste, mouse and focus reports. */
  readonly modes: string[];
  /** Resolves when the condition holds for what is on screen; fails with the screen when the program ends before. */
  until(holds: (text: string) => boolean): Promise<void>;
  shows(words: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** To the program itself. */
  kill(signal: NodeJS.Signals): void;
  /** The window is closed. */
  hangUp(): void;
  readonly exited: Promise<number>;
}

export interface PtyOptions {
  args: string[];
  cwd: string;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** Query → what this terminal replies, beside what every one does. */
  replies?: Record<string, string>;
  /** It takes so long to reply. */
  replyAfterMs?: number;
  /** When the program has ended, tells what `stty -a` says of the terminal. */
  thenStty?: boolean;
  /** An interactive bash runs it, with job control; it writes `ended N` with the exit code. */
  inShell?: boolean;
  /** Nobody has set anything on this machine: the UI asks first where pictures are made. */
  isFirstRun?: boolean;
}

const WITH_STTY = ['-c', '"$@"; code=$?; stty -a; exit $code', 'sh'];

/** Without line editing of its own, which would switch modes on. */
const SHELL = ['/bin/bash', '--norc', '--noprofile', '--noediting', '-i'];

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

const PATIENCE_MS = 60_000;

export function openPtyTerminal(options: PtyOptions): PtyTerminal {
  const { args, cwd, thenStty = false, inShell = false, isFirstRun = false } = options;
  const { env: own = {}, replies = {}, replyAfterMs = 0 } = options;
  let { columns = 120, rows = 30 } = options;
  const env = cleanEnv({ TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8', ...own });
  if (!isFirstRun) keepSettings(env.SAFELIGHT_CONFIG_DIR);
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const command = [process.execPath, SAFELIGHT, ...args];
  const [file, ...rest] = inShell ? SHELL : thenStty ? ['/bin/sh', ...WITH_STTY, ...command] : command;
  const pty = spawn(file, rest, {
    name: env.TERM,
    cols: columns,
    rows,
    cwd,
    env,
  });
  if (inShell) pty.write(`PS1='$ '; clear; ${command.map(quoted).join(' ')}; echo ended $?\r`);
  let bytes = '';
  let exitCode: number | undefined;
  pty.onData((data) => {
    bytes += data;
    terminal.write(data);
    for (const [query, reply] of Object.entries(replies)) if (data.includes(query)) answer(reply);
  });
  const answer = (reply: string) => void setTimeout(() => exitCode === undefined && pty.write(reply), replyAfterMs);
  terminal.onData(answer);
  const exited = new Promise<number>((resolve) => {
    pty.onExit((event) => {
      exitCode = event.exitCode;
      resolve(event.exitCode);
    });
  });
  const line = (row: number) => terminal.buffer.active.getLine(terminal.buffer.active.baseY + row);
  const screen = () =>
    Array.from({ length: rows }, (_, row) => line(row)?.translateToString(false, 0, columns).trimEnd() ?? '');
  const text = () => screen().join('\n');
  const drawn = () => new Promise<void>((resolve) => terminal.write('', resolve));
  const until: PtyTerminal['until'] = async (holds) => {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const wasOver = exitCode !== undefined;
      await drawn();
      if (holds(text())) return;
      if (wasOver) throw new Error(`ended with ${exitCode}; the screen is\n${text()}`);
      if (Date.now() > giveUpAt) throw new Error(`never seen; the screen is\n${text()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const cells = () =>
    Array.from({ length: rows * columns }, (_, at) => line(Math.floor(at / columns))?.getCell(at % columns));
  return {
    type: (keys) => pty.write(keys),
    rows: screen,
    text,
    get bytes() {
      return bytes;
    },
    get cursor() {
      return { row: terminal.buffer.active.cursorY, column: terminal.buffer.active.cursorX };
    },
    coloredCells: () => cells().filter((cell) => !cell?.isFgDefault() || !cell.isBgDefault()).length,
    picture() {
      return cells()
        .map((cell) => (cell?.getChars() === '▀' ? `${cell.getFgColor()},${cell.getBgColor()}` : ''))
        .join(';');
    },
    get isAlternateScreen() {
      return terminal.buffer.active.type === 'alternate';
    },
    get isCursorVisible() {
      return bytes.lastIndexOf('\x1b[?25h') >= bytes.lastIndexOf('\x1b[?25l');
    },
    until,
    get modes() {
      const { bracketedPasteMode, sendFocusMode, mouseTrackingMode } = terminal.modes;
      const mouse = mouseTrackingMode === 'none' ? [] : [`mouse ${mouseTrackingMode}`];
      return [...(bracketedPasteMode ? ['paste'] : []), ...(sendFocusMode ? ['focus'] : []), ...mouse];
    },
    shows: (words) => until((now) => now.includes(words)),
    resize(toColumns, toRows) {
      [columns, rows] = [toColumns, toRows];
      terminal.resize(columns, rows);
      pty.resize(columns, rows);
    },
    kill(signal) {
      if (exitCode !== undefined) return;
      process.kill(thenStty || inShell ? childOf(pty.pid) : pty.pid, signal);
      if (inShell && signal === 'SIGKILL') pty.kill(signal);
    },
    // node-pty's own class for Unix has it, its types do not.
    hangUp: () => (pty as unknown as { destroy(): void }).destroy(),
    exited,
  };
}

/** The program that a shell runs; the shell itself, when that has ended. */
function childOf(shell: number): number {
  const options = { encoding: 'utf8', stdio: 'pipe' } as const;
  // ps fails where there are none.
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(shell)], options);
  return Number(stdout.trim().split('\n')[0] || shell);
}

/** Those that are there stay; else a file that sets nothing. */
function keepSettings(dir: string): void {
  mkdirSync(dir, { recursive: true });
  try {
    writeFileSync(join(dir, 'settings.json'), '{}', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
