/** The last line: the keys that do something right now. */
import { Box } from 'ink';
import { cellWidth } from '../cell-width.js';
import type { KeyHelp } from '../key-help.js';
import { Text } from './text.js';

const GAP = 2;

/** Whole entries only: half a word is worse than none. One that is too long leaves its place to shorter ones behind it. */
export function fitEntries(entries: KeyHelp[], columns: number): KeyHelp[] {
  let used = -GAP;
  return entries.filter(({ label, help }) => {
    const wide = used + GAP + cellWidth(label) + 1 + cellWidth(help);
    if (wide <= columns) used = wide;
    return wide <= columns;
  });
}

export function Footer({ entries, columns }: { entries: KeyHelp[]; columns: number }) {
  return (
    <Box width={columns} height={1} flexShrink={0} paddingX={1} gap={GAP}>
      {fitEntries(entries, columns - 2).map(({ label, help }) => (
        <Text key={label}>
          <Text tone="accent">{label}</Text>
          <Text dimColor>{` ${help}`}</Text>
        </Text>
      ))}
    </Box>
  );
}
