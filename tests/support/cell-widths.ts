/** The two kinds of terminals, by how wide they draw: a character at a time as wcwidth says, or what a reader sees as one. */
import type xterm from '@xterm/headless';

export type CellWidths = 'wcwidth' | 'graphemes';

const ZERO = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]$/u;
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]$/u;
const REGIONAL = /^\p{Regional_Indicator}$/u;
const [ZWJ, EMOJI_STYLE] = [0x200d, 0xfe0f];

function wcwidth(code: number): 0 | 1 | 2 {
  const text = String.fromCodePoint(code);
  if (ZERO.test(text)) return 0;
  return WIDE.test(text) ? 2 : 1;
}

const joiners = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** As xterm.js packs it: what came before, the width, and whether the character goes into the cell before. */
function pack(code: number, width: number, isJoined: boolean): number {
  return (code << 3) | (width << 1) | Number(isJoined);
}

/** Only what the tests write: joined, coloured and flagged emoji, and marks. */
function properties(code: number, before: number, kind: CellWidths): number {
  const [codeBefore, widthBefore] = [before >> 3, (before >> 1) & 3];
  const width = wcwidth(code);
  if (before === 0) return pack(code, width, false);
  if (kind === 'wcwidth') return pack(code, width === 0 ? widthBefore : width, width === 0);
  const pair = String.fromCodePoint(codeBefore, code);
  const isFlag = REGIONAL.test(String.fromCodePoint(code)) && REGIONAL.test(String.fromCodePoint(codeBefore));
  const isJoined = codeBefore === ZWJ || width === 0 || [...joiners.segment(pair)].length === 1;
  if (!isJoined) return pack(code, width, false);
  // A third regional indicator begins another flag.
  if (isFlag) return pack(0, 2, true);
  const isEmoji = codeBefore === ZWJ || (code === EMOJI_STYLE && /^\p{Emoji}$/u.test(String.fromCodePoint(codeBefore)));
  return pack(code, isEmoji ? 2 : widthBefore, true);
}

export function setCellWidths({ unicode }: xterm.Terminal, kind: CellWidths): void {
  unicode.register({
    version: kind,
    wcwidth,
    charProperties: (code: number, before: number) => properties(code, before, kind),
  });
  unicode.activeVersion = kind;
}
