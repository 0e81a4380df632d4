/**
 * Stands between the terminal and Ink's input: takes out what the terminal replies, so that a late answer is never typed
 * into the prompt, and passes keys on as they came, in order. Reads only while raw mode is on, so that a program that is
 * given the terminal in between has it alone.
 */
import { PassThrough } from 'node:stream';

export interface StdinFilter {
  /** What Ink must be given instead of the terminal. */
  readonly stdin: NodeJS.ReadStream;
  /** Told each reply, whole. */
  onReply(listener: (reply: string) => void): void;
  /** Told when the window gets the focus, where that is asked for. */
  onFocus(listener: () => void): void;
  /** Told when the terminal becomes ours, or is given to another program. */
  onRawMode(listener: (isOn: boolean) => void): void;
}

/** A reply may come in pieces over a slow link. */
export const HOLD_MS = 500;
/** Esc alone is a key; Ink waits another 20 ms for what may follow. */
export const ESC_HOLD_MS = 30;

const ESC = '\\u001b';
/** APC, DCS and OSC as terminals reply them. Alt with the same letters begins alike, but does not go on like this. */
const STRING_START = '_G|P[0-9>$+!?]|\\][0-9]';
const STRING_BODY = '[^\\u0007\\u0018\\u001a\\u001b]*';
const STRING = new RegExp(`${ESC}(?:${STRING_START})${STRING_BODY}(?:${ESC}\\\\|\\u0007)`, 'y');
const CSI_START = `${ESC}\\[[0-?]*[ -/]*`;
const CSI = new RegExp(`${CSI_START}[@-~]`, 'y');
const UNFINISHED = new RegExp(`(?:${CSI_START}|${ESC}[_P\\]]?|${ESC}(?:${STRING_START})${STRING_BODY}${ESC}?)$`, 'y');
/** What keys never send: a private mark (`<` is the mouse's), a size, a mode, a status. */
const CSI_REPLY = new RegExp(`^${ESC}\\[(?:[?>=].*|.*(?:t|\\$y|\\dn))$`);
/** Ink asks for this one itself. */
const KEYBOARD_REPLY = new RegExp(`^${ESC}\\[\\?\\d+u$`);
const [FOCUS_IN, FOCUS_OUT] = ['\u001b[I', '\u001b[O'];
const [PASTE_START, PASTE_END] = ['\u001b[200~', '\u001b[201~'];

type Kind = 'key' | 'reply' | 'focus';

/** The piece at the start of `input`; undefined when there is none, or more must come to tell. */
function readPiece(input: string): { text: string; kind: Kind } | undefined {
  if (input === '') return undefined;
  const nextEscape = input.indexOf('\u001b');
  if (nextEscape !== 0) return { text: nextEscape < 0 ? input : input.slice(0, nextEscape), kind: 'key' };
  const string = match(STRING, input);
  if (string !== undefined) return { text: string, kind: 'reply' };
  const csi = match(CSI, input);
  if (csi !== undefined) return { text: csi, kind: kindOf(csi) };
  return match(UNFINISHED, input) === undefined ? { text: '\u001b', kind: 'key' } : undefined;
}

function kindOf(csi: string): Kind {
  if (csi === FOCUS_IN || csi === FOCUS_OUT) return 'focus';
  return CSI_REPLY.test(csi) && !KEYBOARD_REPLY.test(csi) ? 'reply' : 'key';
}

function match(pattern: RegExp, input: string): string | undefined {
  pattern.lastIndex = 0;
  return pattern.exec(input)?.[0];
}

/** Bytes as characters: a letter of several bytes may be cut anywhere. */
const toBytes = (text: string) => Buffer.from(text, 'latin1');

/** Says of itself what Ink asks a terminal. */
class FilteredInput extends PassThrough {
  readonly isTTY = true;
  readonly #terminal: NodeJS.ReadStream;
  readonly #read: (isOn: boolean) => void;

  constructor(terminal: NodeJS.ReadStream, read: (isOn: boolean) => void) {
    super();
    this.#terminal = terminal;
    this.#read = read;
  }

  setRawMode(isOn: boolean): this {
    this.#terminal.setRawMode(isOn);
    this.#read(isOn);
    return this;
  }

  ref(): this {
    this.#terminal.ref();
    return this;
  }

  unref(): this {
    this.#terminal.unref();
    return this;
  }
}

export function createStdinFilter(terminal: NodeJS.ReadStream): StdinFilter {
  const replyListeners: ((reply: string) => void)[] = [];
  const focusListeners: (() => void)[] = [];
  const rawModeListeners: ((isOn: boolean) => void)[] = [];
  let held = '';
  let timer: NodeJS.Timeout | undefined;
  let isPasting = false;
  let isReading = false;

  function take(chunk: Buffer): void {
    const input = held + chunk.toString('latin1');
    const isWaiting = held.length > 1;
    let rest = input;
    for (let piece = readPiece(rest); piece !== undefined; piece = readPiece(rest)) {
      rest = rest.slice(piece.text.length);
      tell(piece.text, piece.kind);
    }
    held = rest;
    // The time runs from the first byte: somebody who types on must not wait for ever.
    if (!(isWaiting && rest === input)) startTimer();
  }

  function tell(text: string, kind: Kind): void {
    if (text === PASTE_START || text === PASTE_END) isPasting = text === PASTE_START;
    if (kind === 'key' || isPasting) stdin.write(toBytes(text));
    else if (kind === 'reply') for (const listener of replyListeners) listener(text);
    else if (text === FOCUS_IN) for (const listener of focusListeners) listener();
  }

  function startTimer(): void {
    clearTimeout(timer);
    if (held !== '') timer = setTimeout(letGo, held.length === 1 ? ESC_HOLD_MS : HOLD_MS);
  }

  /** It was typed after all. */
  function letGo(): void {
    const text = held;
    held = '';
    if (text !== '') stdin.write(toBytes(text));
  }

  function read(isOn: boolean): void {
    if (isOn === isReading) return;
    isReading = isOn;
    for (const listener of rawModeListeners) listener(isOn);
    if (isOn) {
      terminal.on('data', take);
      terminal.resume();
    } else {
      terminal.off('data', take);
      terminal.pause();
      clearTimeout(timer);
      letGo();
    }
  }

  const stdin = new FilteredInput(terminal, read);
  return {
    // The parts of the stream that Ink uses.
    stdin: stdin as unknown as NodeJS.ReadStream,
    onReply: (listener) => void replyListeners.push(listener),
    onFocus: (listener) => void focusListeners.push(listener),
    onRawMode: (listener) => void rawModeListeners.push(listener),
  };
}
