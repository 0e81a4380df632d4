/** The first line: whose UI this is, which model draws, which screen it is, where the server is and how the link does. */
import { Box } from 'ink';
import { cellWidth } from '../cell-width.js';
import { modelOf } from '../state/form-state.js';
import { activeJobs, SCREENS, type ScreenName, type State } from '../state/state.js';
import { useRetryWords } from './retry-countdown.js';
import { Text } from './text.js';

export interface HeaderProps {
  state: State;
  columns: number;
  url: string;
}

/** Below this only the screen one is on has room. */
const TABS_FROM_COLUMNS = 96;
const GAP = 2;
const TAB_GAP = 1;

function tabWords(name: ScreenName, state: State): string {
  const waiting = name === 'queue' ? activeJobs(state).length : 0;
  const mark = state.screen === name ? '›' : ' ';
  return `${mark} ${SCREENS.indexOf(name) + 1} ${name}${waiting > 0 ? ` (${waiting})` : ''}`;
}

function Tab({ name, state }: { name: ScreenName; state: State }) {
  const words = tabWords(name, state);
  return state.screen === name ? <Text tone="accent">{words}</Text> : <Text dimColor>{words}</Text>;
}

const MEGABYTE = 1e6;

/** `312 MB this month` */
export function usageWords(bytes: number): string {
  const size = bytes < 1e9 ? `${Math.round(bytes / MEGABYTE)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
  return `${size} this month`;
}

/** The host first, then what it costs, then what it is: as much of it as fits. */
export function linkWords({ usedBytes, capabilities }: State, url: string, columns: number): string {
  const { host } = new URL(url);
  const usage = usedBytes !== undefined && usedBytes >= MEGABYTE ? [usageWords(usedBytes)] : [];
  const choices = [
    [host, capabilities.device, ...usage],
    [host, ...usage],
  ].map((words) => words.join(' · '));
  return choices.find((words) => cellWidth(words) <= columns) ?? host;
}

/** @param columns that there are for it */
function Link({ state, url, columns }: { state: State; url: string; columns: number }) {
  const retry = useRetryWords(state.link);
  if (retry !== undefined) return <Text tone="warm" wrap="truncate-start">{`○ link lost · ${retry}`}</Text>;
  return (
    <Text dimColor wrap="truncate-start">
      {linkWords(state, url, columns)}
    </Text>
  );
}

export function Header({ state, columns, url }: HeaderProps) {
  const isWide = columns >= TABS_FROM_COLUMNS;
  const model = modelOf(state.form, state.capabilities)?.name ?? 'no model';
  const shown = ` · ${!isWide && state.screen !== 'create' ? state.screen : model}`;
  const tabs = isWide ? SCREENS.map((name) => TAB_GAP + cellWidth(tabWords(name, state))) : [];
  const taken = cellWidth(`● safelight${shown}`) + tabs.reduce((sum, width) => sum + width, 0);
  return (
    <Box width={columns} flexShrink={0} paddingX={1} gap={GAP} justifyContent="space-between">
      <Text wrap="truncate">
        <Text tone="accent">●</Text> <Text bold>safelight</Text>
        <Text dimColor>{shown}</Text>
      </Text>
      {isWide && (
        <Box gap={TAB_GAP} flexShrink={0}>
          {SCREENS.map((name) => (
            <Tab key={name} name={name} state={state} />
          ))}
        </Box>
      )}
      <Link state={state} url={url} columns={columns - 2 - taken - GAP} />
    </Box>
  );
}
