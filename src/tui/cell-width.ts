/** How many terminal cells a piece of text takes: wide for East Asian text and emoji, nothing for joiners and marks. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Control}\p{Mark}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u;
/** The Wide and Fullwidth blocks of Unicode's East Asian Width (UAX 11) that hold letters and punctuation. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

/** User-perceived characters with their UTF-16 offsets. */
export function toGraphemes(text: string): { segment: string; index: number }[] {
  return Array.from(graphemes.segment(text), ({ segment, index }) => ({ segment, index }));
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** Cells of one line of plain text, without control sequences. */
export function cellWidth(text: string): number {
  return toGraphemes(text).reduce((cells, { segment }) => cells + graphemeWidth(segment), 0);
}

/** As much of the end as fits, led by `…` when something was cut: the end of a path is its telling part. */
export function cutStart(text: string, columns: number): string {
  if (cellWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of toGraphemes(text).reverse()) {
    if (cellWidth(kept) + graphemeWidth(segment) > columns - 1) break;
    kept = segment + kept;
  }
  return columns < 1 ? '' : `…${kept}`;
}
