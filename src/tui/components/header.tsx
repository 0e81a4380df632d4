/** The first line: whose UI this is, which model draws, which screen it is, where the server is and how the link does. */
import { Box, Text } from 'ink';
import { modelOf } from '../state/form-state.js';
import { activeJobs, SCREENS, type ScreenName, type State } from '../state/state.js';
import { THEME } from '../theme.js';

export interface HeaderProps {
  state: State;
  columns: number;
  url: string;
}

/** Below this only the screen one is on has room. */
const TABS_FROM_COLUMNS = 96;

function Tab({ name, state }: { name: ScreenName; state: State }) {
  const waiting = name === 'queue' ? activeJobs(state).length : 0;
  const isHere = state.screen === name;
  const words = `${isHere ? '›' : ' '} ${SCREENS.indexOf(name) + 1} ${name}${waiting > 0 ? ` (${waiting})` : ''}`;
  return isHere ? <Text color={THEME.accent}>{words}</Text> : <Text dimColor>{words}</Text>;
}

const MEGABYTE = 1e6;

/** `312 MB this month` */
export function usageWords(bytes: number): string {
  const size = bytes < 1e9 ? `${Math.round(bytes / MEGABYTE)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
  return `${size} this month`;
}

function Link({ state, url }: { state: State; url: string }) {
  const { link, usedBytes, capabilities } = state;
  if (link.state === 'down') {
    const seconds = Math.max(1, Math.ceil(link.retryMs / 1000));
    return <Text color={THEME.warm} wrap="truncate-start">{`○ link lost · again in ${seconds} s`}</Text>;
  }
  const words = [new URL(url).host, capabilities.device];
  if (usedBytes !== undefined && usedBytes >= MEGABYTE) words.push(usageWords(usedBytes));
  return (
    <Text dimColor wrap="truncate-start">
      {words.join(' · ')}
    </Text>
  );
}

export function Header({ state, columns, url }: HeaderProps) {
  const model = modelOf(state.form, state.capabilities);
  const shown = model?.name ?? 'no model';
  const isWide = columns >= TABS_FROM_COLUMNS;
  return (
    <Box width={columns} flexShrink={0} paddingX={1} gap={2} justifyContent="space-between">
      <Text wrap="truncate">
        <Text color={THEME.accent}>●</Text> <Text bold>safelight</Text>
        <Text dimColor>{` · ${!isWide && state.screen !== 'create' ? state.screen : shown}`}</Text>
      </Text>
      {isWide && (
        <Box gap={1} flexShrink={0}>
          {SCREENS.map((name) => (
            <Tab key={name} name={name} state={state} />
          ))}
        </Box>
      )}
      <Link state={state} url={url} />
    </Box>
  );
}
