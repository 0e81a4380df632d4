/** A prompt in its frame, its weights seen; the caret is placed by whoever knows which field has it. */
import { Box } from 'ink';
import type { PromptText } from '../prompt-editor.js';
import { lineStarts, toPromptLines, wrapText } from '../prompt-lines.js';
import type { Rect } from '../rect.js';
import { Text, usePalette } from './text.js';
import { WeightedLines } from './weighted-lines.js';

export interface PromptFieldProps {
  prompt: PromptText;
  /** The frame on screen: two rows and four columns of it are border and padding. */
  frame: Pick<Rect, 'columns' | 'rows'>;
  hasFocus: boolean;
  placeholder: string;
}

export const PROMPT_FRAME = { columns: 4, rows: 2, caretColumn: 2, caretRow: 1 };

export function PromptField({ prompt, frame, hasFocus, placeholder }: PromptFieldProps) {
  const { accent, dim } = usePalette();
  const [columns, rows] = [frame.columns - PROMPT_FRAME.columns, frame.rows - PROMPT_FRAME.rows];
  const { lines, top } = hasFocus
    ? toPromptLines(prompt, columns, rows)
    : { lines: fromStart(prompt.text, columns, rows), top: 0 };
  return (
    <Box
      flexShrink={0}
      width={frame.columns}
      height={frame.rows}
      borderStyle="round"
      borderColor={hasFocus ? accent : dim}
      paddingX={1}
    >
      {prompt.text === '' ? (
        <Text wrap="truncate" dimColor>
          {placeholder}
        </Text>
      ) : (
        <WeightedLines text={prompt.text} lines={lines} starts={lineStarts(prompt.text, columns).slice(top)} />
      )}
    </Box>
  );
}

/** Where nobody writes a cut is marked. */
function fromStart(text: string, columns: number, rows: number): string[] {
  const all = wrapText(text, columns);
  const shown = all.slice(0, rows);
  return all.length > rows ? [...shown.slice(0, -1), `${shown[rows - 1]} …`] : shown;
}
