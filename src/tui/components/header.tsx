/** The first line: whose UI this is, which model draws, where and on what. */
import { Box, Text } from 'ink';
import type { WelcomeMessage } from '../../protocol/messages.js';
import { THEME } from '../theme.js';

export interface HeaderProps {
  columns: number;
  url: string;
  capabilities: WelcomeMessage['capabilities'];
  /** The model that was asked for; the server's first when none was. */
  model: string | undefined;
}

export function Header({ columns, url, capabilities, model }: HeaderProps) {
  const { models, device } = capabilities;
  const shown = models.find(({ id }) => id === model)?.name ?? model ?? models[0]?.name ?? 'no model';
  return (
    <Box width={columns} paddingX={1} gap={2} justifyContent="space-between">
      <Text wrap="truncate">
        <Text color={THEME.accent}>●</Text> <Text bold>safelight</Text>
        <Text dimColor>{` · ${shown}`}</Text>
      </Text>
      <Text dimColor wrap="truncate-start">{`${new URL(url).host} · ${device}`}</Text>
    </Box>
  );
}
