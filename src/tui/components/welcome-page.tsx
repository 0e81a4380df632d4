/** The first page on a new machine: pictures are made here, or on a GPU somewhere. */
import { Box } from 'ink';
import { WELCOME_CHOICES } from '../state/overlay.js';
import { Text } from './text.js';

const WORDS: Record<(typeof WELCOME_CHOICES)[number], [string, string]> = {
  here: ['Try it on this machine', 'a small model comes along: nothing to set up, pictures in seconds'],
  server: ['Draw on a GPU server', 'paste the line that its notebook, or safelight serve, printed'],
};

export function WelcomePage({ row }: { row: number }) {
  return (
    <>
      <Text bold>Welcome to safelight. Where are pictures made?</Text>
      <Text> </Text>
      {WELCOME_CHOICES.map((choice, at) => {
        const [title, about] = WORDS[choice];
        return (
          <Box key={choice} flexDirection="column" marginBottom={1}>
            <Text tone={at === row ? 'accent' : undefined}>{`${at === row ? '› ' : '  '}${title}`}</Text>
            <Box paddingLeft={4}>
              <Text wrap="wrap" dimColor>
                {about}
              </Text>
            </Box>
          </Box>
        );
      })}
      <Text dimColor wrap="wrap">
        ↑ ↓ choose, ⏎ takes it. Screen 4 leads to other servers later; safelight doctor looks at this machine.
      </Text>
    </>
  );
}
