/** All keys, from the table that also runs them. */
import { Box, Text } from 'ink';
import { helpFor, type KeyContext } from '../keys.js';
import { THEME } from '../theme.js';

const TITLES: Record<KeyContext, string> = { commands: 'Keys', prompt: 'In the prompt' };

function Section({ context }: { context: KeyContext }) {
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Text bold>{TITLES[context]}</Text>
      {helpFor(context).map(({ label, help }) => (
        <Box key={label} height={1} flexShrink={0}>
          <Box width={9} flexShrink={0}>
            <Text color={THEME.accent}>{label}</Text>
          </Box>
          <Text wrap="truncate">{help}</Text>
        </Box>
      ))}
    </Box>
  );
}

const SIDE_BY_SIDE_COLUMNS = 56;

/** Side by side where there is room: one below the other is longer than a small terminal. */
export function Help({ columns }: { columns: number }) {
  const isWide = columns >= SIDE_BY_SIDE_COLUMNS;
  return (
    <Box flexGrow={1} flexDirection={isWide ? 'row' : 'column'} gap={isWide ? 4 : 1} paddingX={1} overflow="hidden">
      <Section context="commands" />
      <Section context="prompt" />
    </Box>
  );
}
