/** Prompts in any script, with emoji of any make: no frame leaves its columns, on both kinds of terminals. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createLayout } from '../../src/tui/layout.js';
import { createPainter } from '../../src/tui/painter.js';
import { closeTuis, KEYS, openTui, type Tui } from './open-tui.js';

afterEach(closeTuis);

const PIECES = [
  ...['a', 'lake', ' ', '日本', '한국어', '，', 'ｆ', '𠮷', 'e\u0301', 'ก็', 'a\u0308\u0323', 'שלום'],
  ...['🎨', '👍🏽', '👩‍🚀', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇯🇵', '❤️', '1️⃣', '☀', '\u200b', '…'],
];
const known = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''));
/** Whose widths no two terminals may agree on. */
const anything = fc
  .array(
    fc.oneof(
      fc.constantFrom(...PIECES, 'नमस्ते', '🇯', '\u200d', '\ufe0f'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    {
      maxLength: 60,
    },
  )
  // Without breaks: Ctrl-U clears the line only. A paste takes U+2028 and U+2029 for some.
  .map((pieces) => pieces.join('').replace(/[\p{Control}\u2028\u2029]/gu, ''));

let typed = 0;

/** The mark at its end may be cut from the screen, not from what is written: nothing like it stood there. */
async function write(tui: Tui, prompt: string): Promise<void> {
  const mark = `#${++typed}#`;
  tui.tty.type('\x15');
  await tui.until((text) => /Describe a pictur|^>\s*$/.test(text));
  const before = tui.tty.bytes.length;
  tui.tty.type(`\x1b[200~${prompt} ${mark}\x1b[201~`);
  await tui.until(() => tui.tty.bytes.includes(mark, before));
}

function expectWholeFrame({ tty }: Tui, { columns, rows }: { columns: number; rows: number }): void {
  const { form, promptRows } = createLayout({ columns, rows, aspect: undefined });
  const right = form.column + form.columns - 1;
  for (let row = form.row + 1; row <= form.row + promptRows; row++) {
    expect(tty.cell(row, form.column)[0]).toBe('│');
    expect(tty.cell(row, right)[0]).toBe('│');
  }
}

const SIZES = [
  [120, 40],
  [80, 24],
  [48, 16],
  [40, 10],
  [39, 24],
  [20, 3],
];

/** A row that had gone on in the next one would have written over it. */
function expectInPlace({ tty }: Tui, { columns, rows }: { columns: number; rows: number }): void {
  const { kind, form, promptRows } = createLayout({ columns, rows, aspect: undefined });
  const shown = tty.rows();
  if (kind === 'line') expect(shown.slice(1).join('')).toBe('');
  else {
    expect(shown[0]).toContain('● safelight');
    expect(shown[form.row + promptRows + 1].trim()).toBe(`╰${'─'.repeat(form.columns - 2)}╯`);
    expect(shown[rows - 1]).toContain('generate');
  }
}

describe.each(['graphemes', 'wcwidth'] as const)('on a terminal that draws by %s', (widths) => {
  test.each(SIZES)('no row of any text pushes another at %i×%i', async (columns, rows) => {
    const tui = openTui({ columns, rows, widths });
    await write(tui, 'a lake');
    const { scrolls } = tui.tty;
    await fc.assert(
      fc.asyncProperty(anything, async (prompt) => {
        await write(tui, prompt);
        expect(tui.tty.scrolls).toBe(scrolls);
        expectInPlace(tui, { columns, rows });
      }),
      { numRuns: 15, examples: [['👨‍👩‍👧‍👦'.repeat(200)], ['👍🏽'.repeat(60)]] },
    );
  });
});

test.each(SIZES.slice(0, 4))('the frame stands around emoji and wide text at %i×%i', async (columns, rows) => {
  const tui = openTui({ columns, rows, widths: 'graphemes' });
  await fc.assert(
    fc.asyncProperty(known, async (prompt) => {
      await write(tui, prompt);
      expectWholeFrame(tui, { columns, rows });
    }),
    { numRuns: 15 },
  );
});

test('a list of such prompts keeps its columns', async () => {
  const tui = openTui({ columns: 80, rows: 24, widths: 'graphemes' });
  for (const piece of PIECES) {
    tui.tty.type('e');
    await write(tui, piece.repeat(60));
    await tui.generate('');
  }
  tui.tty.type('2');
  await tui.shows('› ●');
  const column = tui.tty.rows()[1].indexOf('sending');
  for (let row = 1; row < 23; row++) expect(tui.tty.cell(row, column)[0]).toBe('s');
});

test('rows are cut while the screen is the UI’s, and wrap again for whoever comes after', async () => {
  const tui = openTui();
  await tui.shows('Describe a picture');
  expect(tui.tty.wraps).toBe(false);
  const painter = createPainter(tui.tty.stdout);
  for (const [screen, wraps] of [
    ['\x1b[?1049l', true],
    ['\x1b[?1049h', false],
  ] as const) {
    // biome-ignore format: pairs
    painter.stdout.write(screen);
    await tui.tty.drawn();
    expect(tui.tty.wraps).toBe(wraps);
  }
  tui.tty.type(KEYS.ctrlC);
  await tui.screen.closed;
  await tui.tty.drawn();
  expect(tui.tty).toMatchObject({ wraps: true, isAlternateScreen: false });
});
