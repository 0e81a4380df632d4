/** The first line: whose UI this is, which model draws, which screen it is, where the server is and how the link does. */
import { Box } from 'ink';
import { cellWidth, cutEnd } from '../cell-width.js';
import type { Command } from '../key-bindings.js';
import type { KeyNames } from '../key-help.js';
import { contextOf } from '../state/context.js';
import { modelOf } from '../state/form-state.js';
import { activeJobs, SCREENS, type ScreenName, type State } from '../state/state.js';
import { fitWords, type LostWords } from './retry-countdown.js';
import { Text } from './text.js';

export interface HeaderProps {
  state: State;
  lost: LostWords | undefined;
  keys: KeyNames;
  columns: number;
  url: string;
}

/** Below this only the screen one is on has room. */
const TABS_FROM_COLUMNS = 96;
const GAP = 2;
/** Of the room beside the tabs: a model's name is longer than most addresses. */
const NAME_SHARE = 0.55;
const TO_SCREEN: Record<ScreenName, Command> = {
  create: 'toCreate',
  queue: 'toQueue',
  gallery: 'toGallery',
  server: 'toServer',
};

/** ` (7)`, always as wide as the largest. */
function countWords(name: ScreenName, state: State): string {
  if (name !== 'queue') return '';
  const waiting = activeJobs(state).length;
  const words = waiting > 99 ? ' 99+' : waiting > 0 ? ` (${waiting})` : '';
  return words.padEnd(' (99)'.length);
}

/** Always the same width, whatever the count and the active field, so that tabs do not move. The key is shown only where it works. */
export function tabWords(name: ScreenName, state: State, keys: KeyNames): string {
  const mark = state.screen === name ? '›' : ' ';
  const key = keys(TO_SCREEN[name], name) ?? '';
  const shown = keys(TO_SCREEN[name], contextOf(state)) ?? '';
  return `${mark} ${shown.padEnd(key.length)} ${name}${countWords(name, state)}`;
}

function Tab({ name, words, isHere }: { name: ScreenName; words: string; isHere: boolean }) {
  return (
    <Text key={name} tone={isHere ? 'accent' : undefined} dimColor={!isHere}>
      {words}
    </Text>
  );
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
function Link({ state, lost, url, columns }: Pick<HeaderProps, 'state' | 'lost' | 'url' | 'columns'>) {
  if (lost !== undefined) return <Text tone="warm" wrap="truncate">{`○ ${fitWords(lost, columns - 2)}`}</Text>;
  return (
    <Text dimColor wrap="truncate-start">
      {linkWords(state, url, columns)}
    </Text>
  );
}

/** @param columns that there are for it */
function Name({ words, columns }: { words: string; columns: number }) {
  return (
    <Text wrap="truncate">
      <Text tone="accent">●</Text> <Text bold>safelight</Text>
      <Text dimColor>{cutEnd(words, columns - cellWidth(NAME))}</Text>
    </Text>
  );
}

const NAME = '● safelight';

export function Header(props: HeaderProps) {
  const { state, keys, columns } = props;
  const isWide = columns >= TABS_FROM_COLUMNS;
  const model = modelOf(state.form, state.capabilities)?.name ?? 'no model';
  const shown = ` · ${!isWide && state.screen !== 'create' ? state.screen : model}`;
  const inner = columns - 2;
  if (!isWide) {
    const room = inner - GAP - cellWidth(NAME + shown);
    return (
      <Box width={columns} flexShrink={0} paddingX={1} gap={GAP} justifyContent="space-between">
        <Name words={shown} columns={inner} />
        <Link {...props} columns={room} />
      </Box>
    );
  }
  const tabs = SCREENS.map((name) => ({ name, words: tabWords(name, state, keys), isHere: state.screen === name }));
  // The tabs have places of their own, near the middle: the words beside them must not move them.
  const beside = inner - tabs.reduce((sum, { words }) => sum + cellWidth(words) + 1, 0);
  const left = Math.ceil(beside * NAME_SHARE);
  return (
    <Box width={columns} flexShrink={0} paddingX={1}>
      <Box width={left} flexShrink={0}>
        <Name words={shown} columns={left - GAP} />
      </Box>
      {tabs.map((tab) => (
        <Box key={tab.name} width={cellWidth(tab.words) + 1} flexShrink={0}>
          <Tab {...tab} />
        </Box>
      ))}
      <Box flexGrow={1} justifyContent="flex-end">
        <Link {...props} columns={beside - left - GAP} />
      </Box>
    </Box>
  );
}
