/** The prompt as it stands in its field: wrapped at breaks and words, scrolled to the caret, never wider or taller than the field. */
import { cellWidth, toGraphemes } from './cell-width.js';
import type { PromptText } from './prompt-editor.js';

export interface PromptLines {
  /** At most `rows` lines, each at most `columns` cells. */
  lines: string[];
  /** Lines above the first of them. */
  top: number;
  /** Where the caret stands, from the field's first cell; `column` may be `columns` (behind a full line). */
  caret: { row: number; column: number };
}

/** Offsets at which lines begin. Spaces at a line's end hang over it instead of starting the next. */
export function lineStarts(text: string, columns: number): number[] {
  const starts = [0];
  let [used, wordStart] = [0, 0];
  const breakAt = (offset: number, end: number) => {
    starts.push(offset);
    used = cellWidth(text.slice(offset, end));
  };
  for (const { segment, index } of toGraphemes(text)) {
    if (segment === '\n') {
      wordStart = index + 1;
      breakAt(wordStart, wordStart);
      continue;
    }
    const isSpace = segment === ' ';
    const width = cellWidth(segment);
    const overflows = () => !isSpace && used + width > columns;
    if (overflows() && wordStart > starts[starts.length - 1]) breakAt(wordStart, index);
    // The word alone may be longer than the line.
    if (overflows()) breakAt(index, index);
    used += width;
    if (isSpace) wordStart = index + 1;
  }
  return starts;
}

/** Without the spaces that hang over. */
export function wrapText(text: string, columns: number): string[] {
  const starts = lineStarts(text, columns);
  return starts.map((start, line) => text.slice(start, starts[line + 1]).trimEnd());
}

/** @param columns of the field, at least 2 (one wide character) @param rows of the field, at least 1 */
export function toPromptLines({ text, cursor }: PromptText, columns: number, rows: number): PromptLines {
  const starts = lineStarts(text, columns);
  const caretLine = Math.max(
    0,
    starts.findLastIndex((start) => start <= cursor),
  );
  const top = Math.max(0, Math.min(caretLine - Math.floor(rows / 2), starts.length - rows));
  const lines = wrapText(text, columns);
  const column = Math.min(columns, cellWidth(text.slice(starts[caretLine], cursor)));
  return { lines: lines.slice(top, top + rows), top, caret: { row: caretLine - top, column } };
}
