/** Runs the built command in a real pseudo-terminal, with a headless xterm that shows what a person would see. */
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
  /** Resolves when the condition holds for what is on screen; fails with the screen when the program ends before. */
  until(holds: (text: string) => boolean): Promise<void>;
  shows(words: string): Promise<void>;
  kill(signal: string): void;
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
}

const PATIENCE_MS = 60_000;

export function openPtyTerminal(options: PtyOptions): PtyTerminal {
  const { args, cwd, columns = 120, rows = 30, env = {}, replies = {}, replyAfterMs = 0 } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const pty = spawn(process.execPath, [SAFELIGHT, ...args], {
    name: env.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd,
    env: cleanEnv({ TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8', ...env }),
  });
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
      return bytes.lastIndexOf('\x1b[?25h') > bytes.lastIndexOf('\x1b[?25l');
    },
    until,
    shows: (words) => until((now) => now.includes(words)),
    kill: (signal) => pty.kill(signal),
    exited,
  };
}
