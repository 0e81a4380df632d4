/** How many terminal cells a piece of text takes, as Ink counts them: where the two differ, Ink would cut what we fitted in. */
import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** User-perceived characters with their UTF-16 offsets. */
export function toGraphemes(text: string): { segment: string; index: number }[] {
  return Array.from(graphemes.segment(text), ({ segment, index }) => ({ segment, index }));
}

/** Cells of one line of plain text, without control sequences. */
export function cellWidth(text: string): number {
  return stringWidth(text);
}

/** As much of the end as fits, led by `…` when something was cut: the end of a path is its telling part. */
export function cutStart(text: string, columns: number): string {
  if (cellWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of toGraphemes(text).reverse()) {
    if (cellWidth(kept) + cellWidth(segment) > columns - 1) break;
    kept = segment + kept;
  }
  return columns < 1 ? '' : `…${kept}`;
}

/** As much of the start as fits, followed by `…` when something was cut. */
export function cutEnd(text: string, columns: number): string {
  if (cellWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of toGraphemes(text)) {
    if (cellWidth(kept) + cellWidth(segment) > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
}
