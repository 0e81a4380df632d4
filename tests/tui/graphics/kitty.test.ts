import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deleteImage,
  placeAtCursor,
  toPlaceholders,
  transmitForPlaceholders,
  transmitToCursor,
} from '../../../src/tui/graphics/kitty.js';
import { KITTY_NUMBERS } from '../../../src/tui/graphics/kitty-numbers.js';
import { wrapForTmux } from '../../../src/tui/graphics/tmux.js';
import { readKitty, unwrapTmux } from '../../support/picture-escapes.js';

const image = { id: 0x123456, columns: 30, rows: 12 };
const files = fc.uint8Array({ minLength: 0, maxLength: 20_000 });

describe('a picture that is sent', () => {
  test('arrives whole, in chunks that the protocol allows', () => {
    fc.assert(
      fc.property(files, (file) => {
        const escapes = transmitForPlaceholders(image, file);
        const [command, ...more] = readKitty(escapes.join(''));
        expect(more).toEqual([]);
        expect(command.payload).toEqual(Buffer.from(file));
        const { a, U, f, i, c, r } = command.keys;
        expect({ a, U, f, i, c, r }).toEqual({ a: 'T', U: '1', f: '100', i: String(0x123456), c: '30', r: '12' });
      }),
      { numRuns: 50 },
    );
  });

  test('goes through tmux, each escape wrapped by itself', () => {
    fc.assert(
      fc.property(files, (file) => {
        const escapes = transmitForPlaceholders(image, file);
        const wrapped = escapes.map(wrapForTmux);
        expect(wrapped.every((each) => each.startsWith('\x1bPtmux;\x1b\x1b_G'))).toBe(true);
        expect(wrapped.every((each) => each.endsWith('\x1b\x1b\\\x1b\\'))).toBe(true);
        expect(unwrapTmux(wrapped.join(''))).toBe(escapes.join(''));
      }),
      { numRuns: 20 },
    );
  });

  test('by place: sent and shown once, moved without its pixels, and freed', () => {
    const [sent] = readKitty(transmitToCursor(image, new Uint8Array(10)).join(''));
    expect(sent.keys).toMatchObject({ a: 'T', i: String(0x123456), p: '1', C: '1', c: '30', r: '12' });
    const [moved] = readKitty(placeAtCursor(image));
    expect(moved).toMatchObject({ keys: { a: 'p', i: String(0x123456), p: '1', C: '1' }, payload: Buffer.alloc(0) });
    expect(readKitty(deleteImage(7))[0].keys).toMatchObject({ a: 'd', d: 'I', i: '7' });
  });
});

describe('placeholders', () => {
  test('the first of a row tells row and column, the others follow it', () => {
    const rows = toPlaceholders({ id: 0x010203, columns: 3, rows: 2 });
    expect(rows).toEqual([
      '\x1b[38;2;1;2;3m\u{10EEEE}\u0305\u0305\u{10EEEE}\u{10EEEE}\x1b[39m',
      '\x1b[38;2;1;2;3m\u{10EEEE}\u030d\u0305\u{10EEEE}\u{10EEEE}\x1b[39m',
    ]);
  });

  test('there is a mark for every row a screen may have, and each is a combining one', () => {
    expect(KITTY_NUMBERS).toHaveLength(297);
    expect(new Set(KITTY_NUMBERS).size).toBe(297);
    expect(KITTY_NUMBERS.filter((mark) => !/^\p{Mn}$/u.test(mark))).toEqual([]);
    expect([KITTY_NUMBERS[8], KITTY_NUMBERS[100], KITTY_NUMBERS[296]]).toEqual(['\u0346', '\u{7eb}', '\u{1d244}']);
  });
});
