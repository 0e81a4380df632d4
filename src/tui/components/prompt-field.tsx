/** The prompt in its frame, with the terminal's own caret, so that input methods know where to write. */
import { Box, Text, useCursor } from 'ink';
import type { PromptText } from '../prompt-editor.js';
import { toPromptLines } from '../prompt-lines.js';
import type { Rect } from '../rect.js';
import { THEME } from '../theme.js';

export interface PromptFieldProps {
  prompt: PromptText;
  /** The frame on screen: two rows and four columns of it are border and padding. */
  frame: Rect;
  hasFocus: boolean;
}

const PLACEHOLDER = 'Describe a picture…';
const FRAME = { columns: 4, rows: 2, caretColumn: 2, caretRow: 1 };

export function PromptField({ prompt, frame, hasFocus }: PromptFieldProps) {
  const { setCursorPosition } = useCursor();
  const { lines, caret } = toPromptLines(prompt, frame.columns - FRAME.columns, frame.rows - FRAME.rows);
  const x = frame.column + FRAME.caretColumn + caret.column;
  setCursorPosition(hasFocus ? { x, y: frame.row + FRAME.caretRow + caret.row } : undefined);
  const text = lines.map((line) => (line === '' ? ' ' : line)).join('\n');
  return (
    <Box
      flexShrink={0}
      width={frame.columns}
      height={frame.rows}
      borderStyle="round"
      borderColor={hasFocus ? THEME.accent : undefined}
      borderDimColor={!hasFocus}
      paddingX={1}
    >
      <Text wrap="truncate" dimColor={prompt.text === ''}>
        {prompt.text === '' ? PLACEHOLDER : text}
      </Text>
    </Box>
  );
}
