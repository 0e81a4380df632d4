/** The negative prompt, on one line under the prompt. */
import { Box } from 'ink';
import type { PromptText } from '../prompt-editor.js';
import { toPromptLines } from '../prompt-lines.js';
import { Text } from './text.js';

export const NEGATIVE_MARK = '− ';

export interface NegativeLineProps {
  prompt: PromptText;
  columns: number;
  hasFocus: boolean;
}

export function NegativeLine({ prompt, columns, hasFocus }: NegativeLineProps) {
  const [line] = toPromptLines(prompt, columns - 4, 1).lines;
  const isEmpty = prompt.text === '';
  return (
    <Box height={1} flexShrink={0} paddingX={1}>
      <Text tone={hasFocus ? 'accent' : undefined} dimColor={!hasFocus}>
        {NEGATIVE_MARK}
      </Text>
      <Text wrap="truncate" dimColor={isEmpty || !hasFocus}>
        {isEmpty ? (hasFocus ? ' ' : 'nothing to keep out') : line}
      </Text>
    </Box>
  );
}
