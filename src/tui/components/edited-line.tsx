/** The one line that is being written: scrolled to its caret, which is a shape, so that it is seen without colours, too. */
import { cellWidth, cutEnd, cutStart } from '../cell-width.js';
import type { PromptText } from '../prompt-editor.js';
import { Text } from './text.js';

const CARET = '▏';

/** @param columns for the text and its caret  @returns what is seen on both sides of the caret */
export function aroundCaret({ text, cursor }: PromptText, columns: number): { before: string; after: string } {
  const room = Math.max(1, columns - 1);
  const [before, after] = [text.slice(0, cursor), text.slice(cursor)];
  // Some of what follows stays in sight, so that one sees where one writes.
  const seen = cutStart(before, room - Math.min(cellWidth(after), Math.floor(room / 3)));
  return { before: seen, after: cutEnd(after, room - cellWidth(seen)) };
}

/** Left out columns = it wraps over as many rows as it takes. */
export function EditedLine({ line, columns }: { line: PromptText; columns?: number }) {
  const { before, after } = aroundCaret(line, columns ?? Number.POSITIVE_INFINITY);
  return (
    <Text wrap={columns === undefined ? 'hard' : 'truncate'}>
      {before}
      <Text tone="accent">{CARET}</Text>
      {after}
    </Text>
  );
}
