import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStdinFilter, ESC_HOLD_MS, HOLD_MS } from '../../../src/tui/terminal/stdin-filter.js';
import { REPLIES } from './replies.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function open() {
  const terminal = Object.assign(new PassThrough(), {
    isRaw: false,
    setRawMode(isOn: boolean) {
      this.isRaw = isOn;
    },
    ref: () => {},
    unref: () => {},
  });
  const filter = createStdinFilter(terminal as unknown as NodeJS.ReadStream);
  const replies: string[] = [];
  let focused = 0;
  filter.onReply((reply) => replies.push(reply));
  filter.onFocus(() => {
    focused += 1;
  });
  filter.stdin.setRawMode(true);
  /** Bytes as they come in one read. */
  const receive = (chunk: string | Buffer) => void terminal.emit('data', Buffer.from(chunk));
  const keys = () => (filter.stdin.read() as Buffer | null)?.toString() ?? '';
  return { terminal, filter, receive, keys, replies, focused: () => focused };
}

/** Everything that the terminals of the table reply, alone. */
const replies = REPLIES.flatMap(({ replies }) => replies);
const KEYS = ['a', 'q', 'é', '湖', '👩‍🚀', '\r', '\t', '\x7f', '\x03', '\x1b[A', '\x1b[1;5D', '\x1bOP', '\x1b[3~', '\x1b[Z', '\x1bb', '\x1b[13;5u', '\x1b[<0;3;4M', '\x1b[200~a\nb\x1b[201~']; // biome-ignore format: one table

describe('replies', () => {
  test('never reach the input, wherever they are cut and whatever is typed between them', () => {
    const inputs = fc.array(fc.oneof(fc.constantFrom(...replies), fc.constantFrom(...KEYS)), { maxLength: 8 });
    fc.assert(
      fc.property(inputs, fc.array(fc.nat(), { maxLength: 6 }), (pieces, cuts) => {
        const { receive, keys, replies: told } = open();
        const bytes = Buffer.from(pieces.join(''));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        for (let i = 1; i < places.length; i++) receive(bytes.subarray(places[i - 1], places[i]));
        vi.advanceTimersByTime(HOLD_MS);
        expect(keys()).toBe(pieces.filter((piece) => !replies.includes(piece)).join(''));
        expect(told).toEqual(pieces.filter((piece) => replies.includes(piece)));
      }),
      { numRuns: 500 },
    );
  });

  test('one that comes in two parts within the time is whole', () => {
    const { receive, keys, replies: told } = open();
    receive('\x1b_Gi=31;');
    vi.advanceTimersByTime(HOLD_MS - 1);
    receive('OK\x1b\\x');
    expect([keys(), told]).toEqual(['x', ['\x1b_Gi=31;OK\x1b\\']]);
  });

  test('that of Ink’s own question about the keyboard is left to Ink', () => {
    const { receive, keys } = open();
    receive('\x1b[?1u');
    expect(keys()).toBe('\x1b[?1u');
  });

  test('the focus is told, and typed nowhere', () => {
    const { receive, keys, focused } = open();
    receive('a\x1b[I\x1b[Ob');
    expect([keys(), focused()]).toEqual(['ab', 1]);
  });
});

describe('keys', () => {
  test('Esc alone comes after its own short time', () => {
    const { receive, keys } = open();
    receive('\x1b');
    vi.advanceTimersByTime(ESC_HOLD_MS - 1);
    expect(keys()).toBe('');
    vi.advanceTimersByTime(1);
    expect(keys()).toBe('\x1b');
  });

  test.each(['\x1b\x1b', '\x1b]', '\x1b_', '\x1bP', '\x1b[', '\x1b]1', '\x1b_G'])(
    '%j is typed after all when nothing follows',
    (typed) => {
      const { receive, keys } = open();
      receive(typed);
      vi.advanceTimersByTime(HOLD_MS);
      expect(keys()).toBe(typed);
    },
  );

  test.each(['\x1b]x', '\x1b_ab', '\x1bPage', '\x1b^', '\x1bX', '\x1b]1\x1b[A'])('%j is no reply: at once', (typed) => {
    const { receive, keys } = open();
    receive(typed);
    expect(keys()).toBe(typed);
  });

  test('somebody who types on after Alt with a bracket does not wait for ever', () => {
    const { receive, keys } = open();
    receive('\x1b]1');
    for (let ms = 0; ms < HOLD_MS; ms += 100) {
      receive('2');
      vi.advanceTimersByTime(100);
    }
    expect(keys()).toBe('\x1b]122222');
  });

  test('what is pasted is pasted, even what looks like a reply', () => {
    const { receive, keys, replies: told } = open();
    const paste = '\x1b[200~x\x1b]11;rgb:0/0/0\x07y\x1b[201~';
    receive(paste);
    receive('\x1b]11;rgb:0/0/0\x07');
    expect([keys(), told]).toEqual([paste, ['\x1b]11;rgb:0/0/0\x07']]);
  });
});

describe('the terminal', () => {
  test('is read only in raw mode, so that another program can have it', () => {
    const { terminal, filter, receive, keys } = open();
    expect(terminal.isRaw).toBe(true);
    filter.stdin.setRawMode(false);
    receive('for the editor');
    expect([keys(), terminal.isRaw, terminal.isPaused(), terminal.listenerCount('data')]).toEqual(['', false, true, 0]);
    filter.stdin.setRawMode(true);
    receive('back');
    expect(keys()).toBe('back');
  });

  test('what was held when it is given away is not lost', () => {
    const { filter, receive, keys } = open();
    receive('\x1b');
    filter.stdin.setRawMode(false);
    expect(keys()).toBe('\x1b');
  });
});
