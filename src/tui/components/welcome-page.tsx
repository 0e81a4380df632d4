/** The first page on a new machine: pictures are made here, or on a GPU somewhere. */
import { Box } from 'ink';
import { joinKeys, type KeyNames } from '../key-help.js';
import { WELCOME_CHOICES } from '../state/overlay.js';
import { Text } from './text.js';

const WORDS: Record<(typeof WELCOME_CHOICES)[number], [string, string]> = {
  here: ['Try it on this machine', 'a small model comes along: nothing to set up, pictures in seconds'],
  server: ['Draw on a GPU server', 'paste the line that its notebook, or safelight serve, printed'],
};

function nextWords(keys: KeyNames): string {
  const moving = [keys('moveUp', 'welcome'), keys('moveDown', 'welcome')].filter((key) => key !== undefined).join(' ');
  const ways = joinKeys([moving === '' ? undefined : moving, 'choose'], [keys('choose', 'welcome'), 'takes it']);
  const later = 'Later the server screen adds others; safelight doctor checks this machine.';
  return ways === '' ? later : `${ways}. ${later}`;
}

export function WelcomePage({ row, keys }: { row: number; keys: KeyNames }) {
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
        {nextWords(keys)}
      </Text>
    </>
  );
}
