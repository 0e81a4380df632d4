/** A terminal in memory: bytes go to a headless xterm, keys come from the test. Given to the UI in place of the process's own. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { type CellWidths, setCellWidths } from './cell-widths.js';

export interface VirtualTty {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Everything written so far. */
  readonly bytes: string;
  readonly isRaw: boolean;
  readonly cursor: { row: number; column: number; isVisible: boolean };
  readonly isAlternateScreen: boolean;
  /** What is too long for a row goes on in the next one. */
  readonly wraps: boolean;
  /** Times that the screen has scrolled, or was switched. */
  readonly scrolls: number;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** What is on screen, one string a row without trailing spaces. Call after `drawn`. */
  rows(): string[];
  /** Characters and colours of one cell, as one comparable string. */
  cell(row: number, column: number): string;
  /** Resolves when everything written is on screen. */
  drawn(): Promise<void>;
}

/** What the terminal says of its size and kind, and takes. */
class Output extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  bytes = '';
  columns: number;
  rows: number;
  readonly #terminal: xterm.Terminal;
  readonly #translate: (chunk: string) => string;

  constructor(terminal: xterm.Terminal, translate: (chunk: string) => string) {
    super();
    this.#terminal = terminal;
    this.#translate = translate;
    this.columns = terminal.cols;
    this.rows = terminal.rows;
  }

  write(chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
    const done = (typeof encoding === 'function' ? encoding : callback) as (() => void) | undefined;
    this.bytes += chunk;
    this.#terminal.write(this.#translate(String(chunk)), () => done?.());
    return true;
  }
}

class Input extends PassThrough {
  readonly isTTY = true;
  isRaw = false;
  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/**
 * @param translate what the headless terminal does not know into what it does
 * @param widths how wide it draws; left out = as xterm.js does, by the Unicode of 2010
 */
export function createVirtualTty(
  columns = 80,
  rows = 24,
  translate = (chunk: string) => chunk,
  widths?: CellWidths,
): VirtualTty {
  // A real tty turns "\n" into "\r\n" for its program: here the terminal does it.
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  if (widths !== undefined) setCellWidths(terminal, widths);
  let scrolls = 0;
  terminal.onScroll(() => {
    scrolls += 1;
  });
  const [stdin, stdout] = [new Input(), new Output(terminal, translate)];
  // What the terminal replies comes in like keys.
  terminal.onData((reply) => void stdin.write(reply));
  const buffer = () => terminal.buffer.active;
  return {
    // The parts of the streams that Ink and the painter use; the rest of a tty is not there.
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    get bytes() {
      return stdout.bytes;
    },
    get isRaw() {
      return stdin.isRaw;
    },
    get cursor() {
      const isVisible = stdout.bytes.lastIndexOf('\x1b[?25h') > stdout.bytes.lastIndexOf('\x1b[?25l');
      return { row: buffer().cursorY, column: buffer().cursorX, isVisible };
    },
    get isAlternateScreen() {
      return buffer().type === 'alternate';
    },
    get wraps() {
      return terminal.modes.wraparoundMode;
    },
    get scrolls() {
      return scrolls;
    },
    type: (keys) => void stdin.write(keys),
    resize(columns, rows) {
      terminal.resize(columns, rows);
      Object.assign(stdout, { columns, rows });
      stdout.emit('resize');
    },
    rows: () => Array.from({ length: terminal.rows }, (_, row) => lineText(terminal, row)),
    cell(row, column) {
      const cell = buffer()
        .getLine(buffer().baseY + row)
        ?.getCell(column);
      if (cell === undefined) return 'outside';
      return `${cell.getChars()}/${cell.getFgColorMode()}:${cell.getFgColor()}/${cell.getBgColorMode()}:${cell.getBgColor()}`;
    },
    drawn: () => new Promise((resolve) => terminal.write('', resolve)),
  };
}

export function lineText(terminal: xterm.Terminal, row: number): string {
  const { active } = terminal.buffer;
  return (
    active
      .getLine(active.baseY + row)
      ?.translateToString(false, 0, terminal.cols)
      .trimEnd() ?? ''
  );
}
